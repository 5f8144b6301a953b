"""States, evidence and durations in words for a person."""

from __future__ import annotations

from datetime import datetime

from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.launch import BotView, FloorPlace

EVIDENCE_WORDS: dict[Evidence, str] = {
    Evidence.ACCEPTED: "accepted",
    Evidence.DIALLED_IN: "dialled in",
    Evidence.ADMITTED: "admitted",
    Evidence.HEARS: "hears",
    Evidence.SPEAKS: "speaks",
    Evidence.HEARD: "heard",
}
EVIDENCE_MEANING: dict[Evidence, str] = {
    Evidence.ACCEPTED: "The provider took the request and gave the bot an id.",
    Evidence.DIALLED_IN: "The provider's bot opened its audio connection to this computer.",
    Evidence.ADMITTED: "The meeting let the bot in.",
    Evidence.HEARS: "Sound from the meeting has arrived.",
    Evidence.SPEAKS: "Sound has left towards the meeting.",
    Evidence.HEARD: "The meeting itself showed that the bot's voice was heard.",
}
_STATES: dict[BotState, str] = {
    BotState.PREPARING: "Preparing",
    BotState.JOINING: "Joining",
    BotState.LOBBY: "In the lobby",
    BotState.IN_CALL: "In call",
    BotState.LEAVING: "Leaving",
    BotState.ENDED: "Ended",
    BotState.FAILED: "Failed",
}
TONES: dict[BotState, str] = {
    BotState.PREPARING: "muted",
    BotState.JOINING: "accent",
    BotState.LOBBY: "attention",
    BotState.IN_CALL: "good",
    BotState.LEAVING: "muted",
    BotState.ENDED: "muted",
    BotState.FAILED: "bad",
}


def clock(seconds: float) -> str:
    """`0:31`, `4:12`, `1:02:07`: a duration, never negative."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def local_time(at: datetime) -> str:
    """The time of day on this computer, `10:02:11`."""
    return at.astimezone().strftime("%H:%M:%S")


def local_day(at: datetime) -> str:
    """The day and time on this computer, `20 Nov 2026, 10:02`."""
    local = at.astimezone()
    return f"{local.day} {local.strftime('%b %Y, %H:%M')}"


def seconds_between(start: datetime, end: datetime) -> float:
    """Seconds from one moment to another, at least 0."""
    return max(0.0, (end - start).total_seconds())


def admitted_at(view: BotView) -> datetime | None:
    """When the meeting let the bot in, where that is proven."""
    return next((m.at for m in view.marks if m.evidence is Evidence.ADMITTED), None)


def join_time(at: datetime, now: datetime) -> str:
    """`15:00` today, `Sat 21 Nov, 15:00` on another day."""
    local, today = at.astimezone(), now.astimezone().date()
    if local.date() == today:
        return local.strftime("%H:%M")
    return f"{local.strftime('%a')} {local.day} {local.strftime('%b, %H:%M')}"


def state_words(view: BotView, now: datetime, holder: str = "") -> str:
    """`In call · speaking`, `In the lobby 0:31`, `Joins at 15:00`, `Waits for Ada`, `Ended`.

    `holder` is the name of the bot that has the meeting's floor, where there is one.
    """
    words = _STATES[view.state]
    if view.state is BotState.LOBBY:
        return f"{words} {clock(seconds_between(view.since, now))}"
    if view.state is BotState.PREPARING and view.join_at is not None:
        return f"Joins at {join_time(view.join_at, now)}"
    if view.state is not BotState.IN_CALL:
        return words
    if view.is_recorder:
        return f"{words} · {'paused' if view.is_recording_paused else 'recording'}"
    if view.is_speaking:
        return f"{words} · speaking"
    if view.floor is FloorPlace.WAITS:
        return f"Waits for {holder}" if holder else "Waits for its turn"
    if view.floor is FloorPlace.HOLDS:
        return f"{words} · has the floor"
    return words


def duration_words(view: BotView, now: datetime) -> str:
    """How long the bot has been, or was, in the meeting; empty before it was let in."""
    start = admitted_at(view)
    if start is None:
        return ""
    return clock(seconds_between(start, view.ended or now))


def answer_words(view: BotView) -> str:
    """The time of the last answer, `0.9 s`, where there was one."""
    return "" if view.last_answer_ms is None else f"{view.last_answer_ms / 1000:.1f} s"


def count(number: int, one: str, many: str = "") -> str:
    """`1 bot`, `2 bots`."""
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"
