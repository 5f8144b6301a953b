"""The coming events of all calendars in one list: each with its link, its platform, its bots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from speakdesk.domain.bot import BotState
from speakdesk.domain.calendar import CalendarConnection, CalendarEvent
from speakdesk.domain.errors import LinkError, Problem
from speakdesk.domain.launch import BotView
from speakdesk.domain.meeting import MeetingLink, parse_link

SAME_MOMENT = timedelta(seconds=90)
EARLY = timedelta(minutes=15)
UNSTATED_LENGTH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AgendaEvent:
    """One coming meeting. `link` is None where no bot can go; `no_link` then says why.

    `bots` are this desk's bots that wait for it or are in it. `sent_name` is the name of the bot
    the provider will send because it was asked from here; `has_other_bot` is true where the
    provider will send one that somebody else asked for.
    """

    event: CalendarEvent
    start: datetime
    end: datetime
    calendar_name: str = ""
    link: MeetingLink | None = None
    no_link: str = ""
    bots: tuple[BotView, ...] = ()
    sent_name: str = ""

    @property
    def has_other_bot(self) -> bool:
        """True where the provider sends a bot that is not from here."""
        return self.event.has_bot and not self.sent_name

    @property
    def has_any_bot(self) -> bool:
        """True where some bot will come."""
        return self.event.has_bot or bool(self.bots)

    def is_running(self, now: datetime) -> bool:
        """True between its start and its end."""
        return self.start <= now < self.end


@dataclass(frozen=True, slots=True)
class Agenda:
    """Coming events in the order of time, the calendars they are from, and their troubles."""

    events: tuple[AgendaEvent, ...] = ()
    troubles: tuple[Problem, ...] = ()
    calendars: tuple[CalendarConnection, ...] = ()


def calendar_title(connection: CalendarConnection) -> str:
    """What a person calls a calendar."""
    return connection.name or connection.email or connection.calendar_id


def link_of(event: CalendarEvent) -> tuple[MeetingLink | None, str]:
    """The meeting link of an event, or why there is none that a bot can follow."""
    if not event.meeting_url:
        return None, "The event has no meeting link."
    try:
        return parse_link(event.meeting_url), ""
    except LinkError as e:
        return None, e.problem.sentence


def end_of(event: CalendarEvent, start: datetime) -> datetime:
    """When an event ends; an hour after its start where it does not say."""
    return event.end if event.end is not None and event.end > start else start + UNSTATED_LENGTH


def agenda_events(
    found: Iterable[tuple[CalendarConnection, Sequence[CalendarEvent]]],
    notes: Mapping[str, str],
    bots: Iterable[BotView],
    now: datetime,
) -> tuple[AgendaEvent, ...]:
    """The events that are not over, sorted; one that stands in two calendars comes once.

    `notes` are the names of the bots sent from here, by event id.
    """
    live = [view for view in bots if view.is_live]
    entries: dict[object, AgendaEvent] = {}
    for connection, events in found:
        for event in events:
            if event.start is None or event.status == "cancelled":
                continue
            end = end_of(event, event.start)
            if end <= now:
                continue
            link, no_link = link_of(event)
            entry = AgendaEvent(
                event=event if event.calendar_id else _in_calendar(event, connection),
                start=event.start,
                end=end,
                calendar_name=calendar_title(connection),
                link=link,
                no_link=no_link,
                sent_name=notes.get(event.event_id, "") if event.has_bot else "",
            )
            entry = replace(entry, bots=bots_for(entry, live, now))
            key: object = event.event_id
            if link is not None:
                key = (link.platform, link.meeting_id, event.start)
            known = entries.get(key)
            entries[key] = entry if known is None else _merged(known, entry)
    return tuple(sorted(entries.values(), key=lambda e: (e.start, e.event.title)))


def bots_for(entry: AgendaEvent, live: Iterable[BotView], now: datetime) -> tuple[BotView, ...]:
    """This desk's bots that wait for an event, or are in its meeting while it is on."""
    if entry.link is None:
        return ()
    place = (entry.link.platform, entry.link.meeting_id)
    return tuple(
        view
        for view in live
        if (view.meeting.platform, view.meeting.meeting_id) == place
        and (
            abs(view.join_at - entry.start) < SAME_MOMENT
            if view.join_at is not None and view.state is BotState.PREPARING
            else entry.start - EARLY <= now < entry.end
        )
    )


def _in_calendar(event: CalendarEvent, connection: CalendarConnection) -> CalendarEvent:
    return replace(event, calendar_id=connection.calendar_id)


def _merged(one: AgendaEvent, other: AgendaEvent) -> AgendaEvent:
    first, second = (other, one) if other.event.has_bot and not one.event.has_bot else (one, other)
    names = list(dict.fromkeys((one.calendar_name, other.calendar_name)))
    title = first.event.title or second.event.title
    return replace(
        first,
        event=replace(first.event, title=title),
        calendar_name=", ".join(name for name in names if name),
    )
