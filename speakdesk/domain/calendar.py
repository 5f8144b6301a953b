"""Calendars a provider watches, their events, and the bots that will join at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from speakdesk.domain.errors import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `cursor` asks for the next, empty at the end."""

    items: tuple[T, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class CalendarLogin:
    """An OAuth application's values and a person's refresh token.

    `platform` is "google" or "microsoft"; `tenant_id` matters for Microsoft alone.
    """

    platform: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class CalendarChoice:
    """A calendar of the account that could be connected."""

    id: str
    name: str = ""
    email: str = ""
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class CalendarConnection:
    """A calendar the provider watches. `status` is its own word ("active", "revoked", …).

    `problem` is set where the calendar is no longer watched, with what to do about it.
    """

    calendar_id: str
    platform: str = ""
    email: str = ""
    name: str = ""
    status: str = ""
    status_words: str = ""
    created: datetime | None = None
    synced: datetime | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody invited; `answer` is the provider's word ("accepted", …), empty where unsaid."""

    email: str
    name: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One meeting in a calendar. `meeting_url` is empty where the event has no link."""

    event_id: str
    calendar_id: str = ""
    series_id: str = ""
    title: str = ""
    start: datetime | None = None
    end: datetime | None = None
    status: str = ""
    is_recurring: bool = False
    is_exception: bool = False
    is_all_day: bool = False
    has_bot: bool = False
    meeting_url: str = field(default="", repr=False)
    platform: str = ""
    description: str = field(default="", repr=False)
    location: str = ""
    organizer: str = ""
    attendees: tuple[Attendee, ...] = ()


@dataclass(frozen=True, slots=True)
class EventSeries:
    """A recurring event (or a single one) with its instances."""

    series_id: str
    calendar_id: str = ""
    is_recurring: bool = False
    events: tuple[CalendarEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class EventBots:
    """What came of sending bots to events: the events that took, and those that did not."""

    event_ids: tuple[str, ...] = ()
    failures: tuple[tuple[str, Problem], ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduledBot:
    """A bot that will join by itself. `status` is the provider's word ("scheduled", …).

    `is_from_speakdesk` tells the bots of this program, of whichever computer, from all others.
    """

    provider_bot_id: str
    bot_name: str = ""
    meeting_url: str = field(default="", repr=False)
    platform: str = ""
    join_at: datetime | None = None
    status: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    cancelled: datetime | None = None
    is_from_speakdesk: bool = False

    @property
    def is_waiting(self) -> bool:
        """True until it has joined, failed or been cancelled."""
        return self.status == "scheduled"
