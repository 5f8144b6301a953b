"""Calendars that do what a test tells them, under the real planning and listing of the Desk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from speakdesk.app.calendar.desk import CalendarDesk
from speakdesk.domain.calendar import (
    CalendarChoice,
    CalendarConnection,
    CalendarEvent,
    CalendarLogin,
    EventBots,
    ScheduledBot,
)
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.store.event_bots import EventBotNote


@dataclass
class FakeSource:
    """What the provider keeps. `refuse` is raised by everything, `refuse_change` by changes."""

    name: str = "MeetingBaas"
    lists_scheduled: bool = True
    calendars: list[CalendarConnection] = field(default_factory=list)
    coming: list[CalendarEvent] = field(default_factory=list)
    bots: list[ScheduledBot] = field(default_factory=list)
    offered: tuple[CalendarChoice, ...] = (
        CalendarChoice("primary", "Work", "me@example.com", True),
        CalendarChoice("c2", "Choir", "me@example.com"),
    )
    logins: list[CalendarLogin] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    refuse: SpeakDeskError | None = None
    refuse_change: SpeakDeskError | None = None

    async def _say(self, *call: Any, changes: bool = True) -> None:
        await asyncio.sleep(0)
        self.calls.append(call)
        if self.refuse is not None:
            raise self.refuse
        if changes and self.refuse_change is not None:
            raise self.refuse_change

    async def choices(self, login: CalendarLogin) -> tuple[CalendarChoice, ...]:
        self.logins.append(login)
        await self._say("choices")
        return self.offered

    async def connect(self, login: CalendarLogin, choice_id: str) -> CalendarConnection:
        await self._say("connect", choice_id)
        name = next(c.name for c in self.offered if c.id == choice_id)
        made = CalendarConnection(choice_id, login.platform, "me@example.com", name, "active")
        self.calendars.append(made)
        return made

    async def connections(self) -> tuple[CalendarConnection, ...]:
        await self._say("connections", changes=False)
        return tuple(self.calendars)

    async def renew(self, calendar_id: str, login: CalendarLogin) -> CalendarConnection:
        await self._say("renew", calendar_id)
        self.logins.append(login)
        (place,) = [i for i, c in enumerate(self.calendars) if c.calendar_id == calendar_id]
        self.calendars[place] = replace(self.calendars[place], status="active", problem=None)
        return self.calendars[place]

    async def disconnect(self, calendar_id: str) -> None:
        await self._say("disconnect", calendar_id)
        self.calendars = [c for c in self.calendars if c.calendar_id != calendar_id]
        self.coming = [e for e in self.coming if e.calendar_id != calendar_id]

    async def sync(self, calendar_id: str) -> None:
        await self._say("sync", calendar_id)

    async def events(
        self, calendar_id: str, since: datetime, until: datetime
    ) -> tuple[CalendarEvent, ...]:
        await self._say("events", calendar_id, changes=False)
        return tuple(e for e in self.coming if e.calendar_id == calendar_id)

    async def send_bot(
        self, event: CalendarEvent, request: Any, *, whole_series: bool
    ) -> EventBots:
        await self._say("send_bot", event.event_id, request.bot_name, whole_series)
        return self._mark(event, True, whole_series)

    async def change_bot(
        self, event: CalendarEvent, request: Any, *, whole_series: bool
    ) -> EventBots:
        await self._say("change_bot", event.event_id, request.bot_name, whole_series)
        return EventBots((event.event_id,))

    async def cancel_bot(self, event: CalendarEvent, *, whole_series: bool) -> EventBots:
        await self._say("cancel_bot", event.event_id, whole_series)
        return self._mark(event, False, whole_series)

    def _mark(self, event: CalendarEvent, has_bot: bool, whole_series: bool) -> EventBots:
        meant = [
            e.event_id
            for e in self.coming
            if e.event_id == event.event_id or (whole_series and e.series_id == event.series_id)
        ]
        self.coming = [
            replace(e, has_bot=has_bot) if e.event_id in meant else e for e in self.coming
        ]
        return EventBots(tuple(meant))

    async def scheduled(self) -> tuple[ScheduledBot, ...]:
        await self._say("scheduled", changes=False)
        return tuple(self.bots)

    async def change_scheduled(
        self, bot_id: str, *, join_at: datetime | None, bot_name: str
    ) -> None:
        await self._say("change_scheduled", bot_id, join_at, bot_name)
        self.bots = [
            replace(b, join_at=join_at or b.join_at, bot_name=bot_name or b.bot_name)
            if b.provider_bot_id == bot_id
            else b
            for b in self.bots
        ]

    async def cancel_scheduled(self, bot_id: str) -> None:
        await self._say("cancel_scheduled", bot_id)
        self.bots = [b for b in self.bots if b.provider_bot_id != bot_id]


class _Notes:
    """Kept in memory only."""

    def __init__(self) -> None:
        self.notes: dict[str, EventBotNote] = {}

    def read(self) -> Mapping[str, EventBotNote]:
        return dict(self.notes)

    def add(self, notes: Iterable[EventBotNote], now: datetime) -> None:
        self.notes |= {note.event_id: note for note in notes}

    def remove(self, event_ids: Iterable[str]) -> None:
        for event_id in event_ids:
            self.notes.pop(event_id, None)


class FakeCalendar(CalendarDesk):
    """Put calendars, events and bots into `source`; time is the fake desk's."""

    def __init__(self, desk: Any) -> None:
        super().__init__(
            desk,
            lambda: desk.keys.keys,
            lambda: desk.settings.current.provider,
            Path("unused"),
            now=lambda: desk.now,
        )
        self.source = FakeSource()
        self._desk = desk
        self._notes = _Notes()  # type: ignore[assignment]

    async def _source(self) -> FakeSource:  # type: ignore[override]
        if self.source.refuse is not None:
            await asyncio.sleep(0)
            raise self.source.refuse
        return self.source

    # -- what a test makes happen ----------------------------------------------------------------

    def add_calendar(self, name: str = "Work", platform: str = "google", **more: Any) -> str:
        made = CalendarConnection(
            name.lower(), platform, f"{name.lower()}@example.com", name, "active"
        )
        self.source.calendars.append(replace(made, **more))
        return made.calendar_id

    def add_event(
        self,
        title: str,
        minutes: float,
        url: str = "https://meet.google.com/abc-defg-hij",
        calendar: str = "work",
        series: str = "",
        **more: Any,
    ) -> str:
        """An event so many minutes from now."""
        start = self._desk.now + timedelta(minutes=minutes)
        event_id = f"e{len(self.source.coming) + 1}"
        self.source.coming.append(
            CalendarEvent(
                event_id=event_id,
                calendar_id=calendar,
                series_id=series or f"s-{event_id}",
                title=title,
                start=start,
                end=start + timedelta(minutes=45),
                status="confirmed",
                is_recurring=bool(series),
                meeting_url=url,
                **more,
            )
        )
        return event_id

    def add_scheduled(self, name: str, minutes: float, ours: bool = True) -> str:
        """A bot that the provider lists."""
        bot_id = f"p{len(self.source.bots) + 1}"
        self.source.bots.append(
            ScheduledBot(
                bot_id,
                name,
                "https://zoom.us/j/123456789?pwd=x",
                "zoom",
                self._desk.now + timedelta(minutes=minutes),
                "scheduled",
                is_from_speakdesk=ours,
            )
        )
        return bot_id
