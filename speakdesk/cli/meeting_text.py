"""A past meeting as lines of text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from speakdesk.app.past.after_meeting import best_bot
from speakdesk.app.past.history import AftermathRecord, FileRecord, MeetingRecord, as_text
from speakdesk.domain.aftermath import ArtifactKind, Cost
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.domain.minutes import Summary

_PARTS = (
    ("recording", "recording"),
    ("transcription", "transcription"),
    ("own_key_transcription", "transcription with an own key"),
    ("streaming_input", "voice in"),
    ("streaming_output", "voice out"),
)


def meeting_lines(meeting: MeetingRecord, *, with_transcript: bool = True) -> list[str]:
    """Everything about a meeting; without its lines, only what is known of it."""
    text = as_text(meeting).splitlines()
    head = text.index("") if "" in text else len(text)
    facts = [line for after in meeting.aftermath for line in _aftermath(meeting, after)]
    if meeting.provider_lines:
        count = len(meeting.provider_lines)
        facts.append(f"The provider's own transcript: {count} lines (export --source provider)")
    rest = text[head:] if with_transcript else []
    return [*text[:head], *facts, *rest]


def bot_with(meeting: MeetingRecord, kind: ArtifactKind) -> str:
    """The bot whose file of this kind is the longest. Raises ProviderError where none has one."""
    found = best_bot(meeting, kind)
    if not found:
        there = sorted({str(f.kind) for a in meeting.aftermath for f in a.files if f.is_there})
        raise ProviderError(
            Problem(
                Stage.PROVIDER,
                Reason.NOT_FOUND,
                f"There is no {kind.value} of this meeting.",
                f"There is: {', '.join(there)}." if there else "Ask again in a few minutes.",
            )
        )
    return found


def minutes_lines(minutes: Summary) -> list[str]:
    """The summary and its lists."""
    lines = [minutes.text]
    for title, items in (
        ("Decisions", minutes.decisions),
        ("Action items", tuple(str(item) for item in minutes.action_items)),
        ("Open questions", minutes.open_questions),
    ):
        if items:
            lines += ["", title, *(f"- {item}" for item in items)]
    made = minutes.made.astimezone().strftime("%Y-%m-%d %H:%M")
    return [*lines, "", f"Written by {minutes.model}, {made}"]


def minutes_json(minutes: Summary) -> dict[str, Any]:
    """The summary as JSON values."""
    return {**asdict(minutes), "made": to_iso(minutes.made)}


def _aftermath(meeting: MeetingRecord, after: AftermathRecord) -> Iterator[str]:
    name = next((bot.name for bot in meeting.bots if bot.id == after.bot_id), after.bot_id)
    state = after.raw or "nothing known"
    if not after.is_complete:
        state += ", more may come"
    if after.is_deleted:
        state += ", the provider's data was deleted"
    length = f", {after.duration_s / 60:.0f} min" if after.duration_s is not None else ""
    yield f"{name} at the provider: {state}{length}{_cost(after.cost)}"
    for file in after.files:
        yield f"  {_file(file)}"
    for problem in (after.problem, after.trouble):
        if problem is not None:
            yield f"  {problem}"


def _cost(cost: Cost | None) -> str:
    if cost is None or cost.total is None:
        return ""
    parts = [f"{value:g} {words}" for name, words in _PARTS if (value := getattr(cost, name))]
    return f", {cost.total:g} tokens" + (f" ({', '.join(parts)})" if parts else "")


def _file(file: FileRecord) -> str:
    words = file.kind.value.replace("_", " ")
    if file.path:
        return f"{words}: {file.path}"
    return f"{words}: at the provider; fetch it with --kind {file.kind}"
