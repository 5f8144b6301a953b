"""How a bot gets to a calendar's event, and what must be true for it.

A voice needs this computer at the meeting's time, so it goes as a launch of this desk that waits
for the event. A bot that only records needs nobody, so the provider sends it by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from speakdesk.app.calendar.agenda import AgendaEvent
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.join import JoinOptions
from speakdesk.domain.launch import Launch
from speakdesk.domain.speech import Keys
from speakdesk.providers.meetingbaas.scheduled import LATEST, SOONEST

SERIES_AHEAD = timedelta(days=30)
SERIES_MOST = 25
TOO_SOON = SOONEST + timedelta(seconds=15)
PUBLIC_KEYS = ("BASE_URL", "NGROK_AUTHTOKEN")


class SendingWay(StrEnum):
    """Who lets the bot join: this desk now, this desk at the time, or the provider by itself."""

    NOW = "now"
    DESK = "desk"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class EventWish:
    """What shall come to an event. Without a persona the bot only joins and records.

    `name` empty is the persona's own; `entry_message` is written into the meeting's chat.
    `options` None takes the settings' own.
    """

    persona: str = ""
    whole_series: bool = False
    name: str = ""
    entry_message: str = ""
    options: JoinOptions | None = None

    @property
    def is_record_only(self) -> bool:
        """True where no voice is asked for."""
        return not self.persona


@dataclass(frozen=True, slots=True)
class Sending:
    """What would happen: `sentence`, and what must be true for it, one sentence each.

    `problem` is set where it cannot be done, with what to do instead.
    """

    way: SendingWay
    sentence: str
    must: tuple[str, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it: this desk's bots, the provider's event bots, and the failures by event."""

    bot_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    failures: tuple[tuple[str, Problem], ...] = ()

    @property
    def count(self) -> int:
        """How many bots were sent, changed or taken back."""
        return len(self.bot_ids) + len(self.event_ids)


def plan_sending(
    entry: AgendaEvent, wish: EventWish, who: str, name: str, keys: Keys, now: datetime
) -> Sending:
    """How `wish` would be done for an event. `name` is what the bot will be called."""
    way = way_for(entry, wish, now)
    refused = _obstacle(entry, wish, way, keys, now)
    at = f"{entry.start.astimezone():%H:%M}"
    if way is SendingWay.NOW:
        what = "joins and records" if wish.is_record_only else "joins"
        must = () if wish.is_record_only else (_while_open("for as long as it is there", keys),)
        return Sending(way, f"The meeting is on: {name} {what} at once.", must, refused)
    if way is SendingWay.PROVIDER:
        when = "every coming event of the series" if wish.whole_series else f"this event at {at}"
        return Sending(
            way,
            f"{who} sends {name} to {when}, to record it. It has no voice.",
            (
                "SpeakDesk need not be running, and where the event is moved, the bot moves with "
                "it.",
            ),
            refused,
        )
    if wish.whole_series:
        return Sending(
            way,
            f"SpeakDesk sends {name} to each event of the series in the next "
            f"{SERIES_AHEAD.days} days, one bot for each.",
            (_while_open("from now until the last of them", keys), *_follow_up()),
            refused,
        )
    return Sending(
        way,
        f"SpeakDesk sends {name}, with its voice, at {at}.",
        (_while_open(f"from now until {at}", keys), *_follow_up()),
        refused,
    )


def way_for(entry: AgendaEvent, wish: EventWish, now: datetime) -> SendingWay:
    """Who lets the bot join."""
    if not wish.whole_series and entry.start < now + TOO_SOON:
        return SendingWay.NOW
    return SendingWay.PROVIDER if wish.is_record_only else SendingWay.DESK


def launch_for(entry: AgendaEvent, wish: EventWish, provider: str, now: datetime) -> Launch:
    """The launch that takes a bot to one event, at its start or now."""
    assert entry.link is not None
    return Launch(
        meeting=entry.link,
        personas=() if wish.is_record_only else (wish.persona,),
        provider=provider,
        names=(wish.name,) if wish.name else (),
        entry_message=wish.entry_message,
        options=wish.options,
        extra={"calendar_event": entry.event.event_id},
        add_recorder=wish.is_record_only,
        join_at=None if entry.start < now + TOO_SOON else entry.start,
    )


def occurrences(entry: AgendaEvent, events: Sequence[AgendaEvent]) -> tuple[AgendaEvent, ...]:
    """The events of one series that a bot can go to, the next ones first."""
    series = entry.event.series_id
    found = [e for e in events if series and e.event.series_id == series and e.link is not None]
    return tuple(found[:SERIES_MOST])


def _obstacle(
    entry: AgendaEvent, wish: EventWish, way: SendingWay, keys: Keys, now: datetime
) -> Problem | None:
    if entry.link is None:
        return Problem(
            Stage.LINK,
            Reason.MISSING,
            entry.no_link,
            "Put a Meet, Zoom or Teams link into the event, then let the calendar be read again.",
        )
    if wish.whole_series and not (entry.event.is_recurring and entry.event.series_id):
        return Problem(
            Stage.PROVIDER,
            Reason.BAD_INPUT,
            "This event does not repeat, so there is no series.",
            "Send a bot to this one.",
        )
    if way is SendingWay.PROVIDER and entry.event.has_bot and not wish.whole_series:
        return Problem(
            Stage.PROVIDER,
            Reason.CONFLICT,
            "A bot is already set for this event.",
            "Take it back first, or leave it as it is.",
        )
    if way is SendingWay.DESK and entry.start > now + LATEST:
        return Problem(
            Stage.PROVIDER,
            Reason.BAD_INPUT,
            f"A voice can be sent at most {LATEST.days} days ahead.",
            "Do so when the event is nearer, or send a record-only bot.",
        )
    if not wish.is_record_only and not wish.whole_series:
        known = next((b for b in entry.bots if b.persona == wish.persona), None)
        if known is not None:
            return Problem(
                Stage.APP,
                Reason.CONFLICT,
                f"{known.name} is going to this event already.",
                "Choose another persona, or take that bot back first.",
            )
    if not wish.is_record_only and not any(keys.has(name) for name in PUBLIC_KEYS):
        return Problem(
            Stage.TUNNEL,
            Reason.MISSING,
            "A voice needs a public address of this computer, and there is none: neither an ngrok "
            "token nor an address of your own is set.",
            "Add NGROK_AUTHTOKEN or BASE_URL in Settings under Keys, or send a record-only bot.",
        )
    return None


def _while_open(when: str, keys: Keys) -> str:
    host = urlsplit(keys.get("BASE_URL")).hostname if keys.has("BASE_URL") else ""
    door = f"reachable at {host}" if host else "with its tunnel open"
    return f"SpeakDesk must be running {when}, {door}."


def _follow_up() -> tuple[str, ...]:
    return ("The bot keeps this time: where the event is moved, send it again.",)
