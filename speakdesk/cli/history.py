"""`speakdesk history`: past meetings in the terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import typer

from speakdesk.app.desk import Desk
from speakdesk.app.past.history import HistoryBook, as_json
from speakdesk.app.start import open_logs
from speakdesk.cli.meeting_text import bot_with, meeting_lines, minutes_json, minutes_lines
from speakdesk.cli.output import print_json
from speakdesk.cli.progress import DownloadBar
from speakdesk.domain.aftermath import ArtifactKind
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError

T = TypeVar("T")

FETCHED = (ArtifactKind.VIDEO, ArtifactKind.AUDIO, ArtifactKind.TRANSCRIPT)


def list_meetings(limit: int, as_json_lines: bool) -> int:
    """Print the past meetings, newest first."""
    meetings = _ask_history(lambda history: history.meetings(limit))
    if as_json_lines:
        print_json(
            [
                {
                    **asdict(m),
                    "started": to_iso(m.started),
                    "ended": to_iso(m.ended) if m.ended else None,
                    "seconds": m.seconds,
                }
                for m in meetings
            ]
        )
        return 0
    if not meetings:
        print("No meetings yet. Hold one: speakdesk practice --persona interviewer")
    for m in meetings:
        when = m.started.astimezone().strftime("%Y-%m-%d %H:%M")
        length = f"{m.seconds / 60:.0f} min" if m.seconds is not None else "running"
        print(f"{m.id}  {when}  {length:>7}  {m.line_count:>4} lines  {m.title}")
    return 0


def show(meeting_id: str, as_json_value: bool) -> int:
    """Print one meeting: facts, cost, files, summary, and its lines."""
    meeting = _ask_history(lambda history: history.meeting(meeting_id))
    if as_json_value:
        print_json(as_json(meeting))
        return 0
    print("\n".join(meeting_lines(meeting)))
    return 0


def search(text: str, limit: int, as_json_lines: bool) -> int:
    """Print the lines in which the words were said."""
    hits = _ask_history(lambda history: history.search(text, limit))
    if as_json_lines:
        print_json(
            [
                {
                    "meeting": hit.meeting_id,
                    "title": hit.meeting_title,
                    "at": to_iso(hit.line.at),
                    "speaker": hit.line.speaker,
                    "text": hit.line.text,
                    "is_bot": hit.line.is_bot,
                }
                for hit in hits
            ]
        )
        return 0
    if not hits:
        print("Nothing was said that fits.")
    for hit in hits:
        when = hit.line.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        print(f"{when}  {hit.meeting_id}  {hit.line.speaker}: {hit.line.text}")
    return 0


def export(meeting_id: str, form: str, to: Path | None, source: str = "ours") -> int:
    """Write one meeting to a file or to stdout, with our lines or the provider's."""
    _one_of("--format", form, HistoryBook.formats)
    _one_of("--source", source, HistoryBook.sources)
    text = _ask_history(lambda history: history.export(meeting_id, form, source))
    if to is None:
        sys.stdout.write(text)
        return 0
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as e:
        raise StoreError(
            Problem(
                Stage.STORE,
                Reason.UNAVAILABLE,
                f"The file {to} cannot be written.",
                "Choose another place.",
                e.strerror or str(e),
            )
        ) from e
    print(f"Written to {to}.", file=sys.stderr)
    return 0


def fetch(meeting_id: str, kind: str, to: Path | None) -> int:
    """Ask the provider what there is, and download one file where a kind is given.

    Ctrl+C keeps what has arrived; the same command goes on there.
    """
    if kind:
        _one_of("--kind", kind, FETCHED)
    elif to is not None:
        raise typer.BadParameter("which file is wanted? Give --kind", param_hint="--to")

    async def work(desk: Desk) -> None:
        await desk.after.refresh(meeting_id)
        meeting = await desk.history.meeting(meeting_id)
        if not kind:
            print("\n".join(meeting_lines(meeting, with_transcript=False)))
            return
        wanted = ArtifactKind(kind)
        with DownloadBar(kind) as bar:
            path = await desk.after.download(
                meeting.summary.id, bot_with(meeting, wanted), wanted, to, bar.show
            )
        print(path)

    _ask(work)
    return 0


def summary(meeting_id: str, redo: bool, as_json_value: bool) -> int:
    """Print a meeting's summary; it is written where there is none, or again with `redo`."""

    async def work(desk: Desk) -> None:
        meeting = await desk.history.meeting(meeting_id)
        minutes = None if redo else meeting.minutes
        if minutes is None:
            print("The language model reads the meeting …", file=sys.stderr, flush=True)
            minutes = await desk.after.summarise(meeting.summary.id)
        if as_json_value:
            print_json(minutes_json(minutes))
        else:
            print("\n".join(minutes_lines(minutes)))

    _ask(work)
    return 0


def _one_of(option: str, given: str, choices: tuple[str, ...]) -> None:
    if given not in choices:
        raise typer.BadParameter(
            f"{given!r} is none of {', '.join(choices)}",
            param_hint=option,
        )


def _ask_history(question: Callable[[HistoryBook], Awaitable[T]]) -> T:
    return _ask(lambda desk: question(desk.history))


def _ask(question: Callable[[Desk], Awaitable[T]]) -> T:
    async def ask() -> T:
        desk = Desk()
        open_logs(desk, to_stderr="ERROR")
        try:
            await desk.open()
            return await question(desk)
        finally:
            await desk.close()

    return asyncio.run(ask())
