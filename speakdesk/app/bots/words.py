"""What a bot's state, its waiting and its end mean in words for a person."""

from __future__ import annotations

from datetime import datetime

from speakdesk.domain.bot import BotState
from speakdesk.domain.events import Notice
from speakdesk.domain.launch import BotView
from speakdesk.providers.base import NOTHING_TO_DO, ProviderStatus

_LONGEST_IN_S = 90
_LONGEST_IN_MINUTES = 90 * 60


def advice_of(status: ProviderStatus) -> str:
    """What the person can do about a state; empty where nothing, or nothing but wait."""
    if status.next_step == NOTHING_TO_DO:
        return ""
    if status.state is BotState.JOINING and not status.cause:
        return ""
    return status.next_step


def span(seconds: float) -> str:
    """A length of time as a person says it: "40 seconds", "62 minutes", "3 hours"."""
    if seconds < _LONGEST_IN_S:
        count, unit = round(seconds), "second"
    elif seconds < _LONGEST_IN_MINUTES:
        count, unit = round(seconds / 60), "minute"
    else:
        count, unit = round(seconds / 3600), "hour"
    return f"{count} {unit}{'' if count == 1 else 's'}"


def clock_words(at: datetime, now: datetime) -> str:
    """A moment as a person reads it here: "15:00", or "3 Jan, 15:00" on another day."""
    here, today = at.astimezone(), now.astimezone()
    clock = here.strftime("%H:%M")
    if here.date() == today.date():
        return clock
    return f"{here.day} {here.strftime('%b')}, {clock}"


def alone_words(seconds: float) -> str:
    """Why bots left that were among themselves."""
    return f"only bots were left in the meeting for {span(seconds)}"


def slept_words(cause: str, slept_s: float) -> str:
    """A cause, with what this computer did meanwhile."""
    if not slept_s:
        return cause
    return f"{cause.rstrip('.')}, while this computer slept for {span(slept_s)}"


def slept_notice(view: BotView, slept_s: float) -> Notice:
    """This computer slept, and the bot is still where it was."""
    where = {
        BotState.IN_CALL: "is still in the call",
        BotState.LOBBY: "still waits to be let in",
    }.get(view.state, "is still on its way")
    return Notice(
        level="attention",
        bot_id=view.bot_id,
        sentence=f"This computer slept for {span(slept_s)}. {view.name} {where}.",
        next_step="What was said meanwhile is not in the transcript.",
    )
