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
from speakdesk.app.history import HistoryBook, as_json, as_text
from speakdesk.app.start import open_logs
from speakdesk.cli.output import print_json
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError

T = TypeVar("T")


def list_meetings(limit: int, as_json_lines: bool) -> int:
    """Print the past meetings, newest first."""
    meetings = _ask(lambda history: history.meetings(limit))
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
    """Print one meeting with its lines."""
    meeting = _ask(lambda history: history.meeting(meeting_id))
    if as_json_value:
        print_json(as_json(meeting))
        return 0
    print(as_text(meeting), end="")
    return 0


def search(text: str, limit: int, as_json_lines: bool) -> int:
    """Print the lines in which the words were said."""
    hits = _ask(lambda history: history.search(text, limit))
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


def export(meeting_id: str, form: str, to: Path | None) -> int:
    """Write one meeting to a file or to stdout."""
    if form not in HistoryBook.formats:
        raise typer.BadParameter(
            f"there is no format {form!r}; there are {', '.join(HistoryBook.formats)}",
            param_hint="--format",
        )
    text = _ask(lambda history: history.export(meeting_id, form))
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


def _ask(question: Callable[[HistoryBook], Awaitable[T]]) -> T:
    async def ask() -> T:
        desk = Desk()
        open_logs(desk, to_stderr="ERROR")
        try:
            await desk.open()
            return await question(desk.history)
        finally:
            await desk.close()

    return asyncio.run(ask())
