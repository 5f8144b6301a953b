"""Calendars for the faces: connect one, see what is coming, send a bot, change or take it back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from loguru import logger

from speakdesk.app.bots.launching import RECORDER_NAME
from speakdesk.app.calendar.accounts import CalendarAccounts
from speakdesk.app.calendar.agenda import (
    Agenda,
    AgendaEvent,
    agenda_events,
    bots_for,
    calendar_title,
)
from speakdesk.app.calendar.host import CalendarHost
from speakdesk.app.calendar.sending import (
    SERIES_AHEAD,
    EventWish,
    Sending,
    SendingWay,
    Sent,
    launch_for,
    occurrences,
    plan_sending,
)
from speakdesk.app.calendar.sources import CalendarSource, source_of
from speakdesk.app.calendar.waiting import WaitingBots
from speakdesk.domain.calendar import CalendarConnection, CalendarEvent, EventBots
from speakdesk.domain.clock import utc_now
from speakdesk.domain.errors import Problem, ProviderError, Reason, SpeakDeskError, Stage
from speakdesk.domain.join import JoinOptions
from speakdesk.domain.speech import Keys
from speakdesk.providers.base import EventBotRequest
from speakdesk.providers.meetingbaas.scheduled import LOCK
from speakdesk.store.event_bots import EventBotNotes, note_for

PROVIDERS = ("meetingbaas", "meetingbaas-v1")
AHEAD = timedelta(days=14)
_MAY_STILL_RUN = timedelta(hours=12)
_AT_ONCE = 4


class CalendarDesk:
    """Over the provider of calendars, `provider_key`. Every coroutine raises SpeakDeskError.

    `accounts` connects calendars, `waiting` holds the scheduled bots. What comes from the host's
    settings and keys is asked for each time, because it may change. `notes_file` holds which
    events a bot was sent to from here.
    """

    def __init__(
        self,
        host: CalendarHost,
        keys: Callable[[], Keys],
        default_provider: Callable[[], str],
        notes_file: Path,
        default_options: Callable[[], JoinOptions] = JoinOptions,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._host = host
        self._keys = keys
        self._default_provider = default_provider
        self._notes = EventBotNotes(notes_file)
        self._noting = asyncio.Lock()
        self._now = now
        self._default_options = default_options
        self.accounts = CalendarAccounts(self._source, keys, host.set_key)
        self.waiting = WaitingBots(host, self._source, now)
        self._chosen = ""
        self._under_way: set[str] = set()

    @property
    def provider_key(self) -> str:
        """MeetingBaas v2, or v1 where that is chosen here or in the settings."""
        default = self._default_provider()
        return self._chosen or (default if default in PROVIDERS else PROVIDERS[0])

    def now(self) -> datetime:
        """The present moment on the desk's clock."""
        return self._now()

    def choose_provider(self, key: str) -> None:
        """Use this provider's calendars instead of the settings' one."""
        self._chosen = key

    async def ready(self) -> None:
        """Raises ProviderError where the provider cannot be asked, for want of a key."""
        await self._source()

    # -- events ---------------------------------------------------------------------------------

    async def agenda(
        self,
        calendar_ids: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Agenda:
        """What is on now or coming, from these calendars or all; 14 days where not said.

        A calendar that cannot be read is told in `troubles` and does not hide the others.
        """
        source = await self._source()
        connections = await source.connections()
        unknown = set(calendar_ids) - {c.calendar_id for c in connections}
        if unknown:
            raise _no_such_calendar(source.name, sorted(unknown)[0])
        wanted = [c for c in connections if not calendar_ids or c.calendar_id in calendar_ids]
        return await self._agenda_of(source, wanted, since, until)

    async def _agenda_of(
        self,
        source: CalendarSource,
        wanted: Sequence[CalendarConnection],
        since: datetime | None,
        until: datetime | None,
    ) -> Agenda:
        now = self._now()
        begin = since or now - _MAY_STILL_RUN
        end = until or now + AHEAD
        turn = asyncio.Semaphore(_AT_ONCE)

        async def read(connection: CalendarConnection) -> tuple[CalendarEvent, ...]:
            async with turn:
                return await source.events(connection.calendar_id, begin, end)

        answers = await asyncio.gather(*(read(c) for c in wanted), return_exceptions=True)
        found: list[tuple[CalendarConnection, Sequence[CalendarEvent]]] = []
        troubles: list[Problem] = []
        for connection, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, SpeakDeskError):
                problem = connection.problem or answer.problem
                sentence = f"{calendar_title(connection)}: {problem.sentence}"
                troubles.append(replace(problem, sentence=sentence))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found.append((connection, answer))
        notes = await asyncio.to_thread(self._notes.read)
        names = {event_id: note.bot_name for event_id, note in notes.items()}
        bots = tuple(self._host.bots.values())
        events = await asyncio.to_thread(agenda_events, found, names, bots, max(now, begin))
        return Agenda(events, tuple(troubles), tuple(wanted))

    def with_bots(self, agenda: Agenda) -> Agenda:
        """The same with this desk's bots as they are now, without what is over. Asks nobody."""
        now = self._now()
        live = [view for view in self._host.bots.values() if view.is_live]
        events = (e for e in agenda.events if e.end > now)
        return replace(
            agenda, events=tuple(replace(e, bots=bots_for(e, live, now)) for e in events)
        )

    async def find(self, event_id: str) -> AgendaEvent:
        """One coming event by its id, or by the beginning of it where that is enough."""
        events = (await self.agenda(until=self._now() + SERIES_AHEAD)).events
        found = [e for e in events if e.event.event_id == event_id] or [
            e for e in events if e.event.event_id.startswith(event_id)
        ]
        if len(found) == 1 and event_id:
            return found[0]
        sentence = (
            f"Several coming events have an id that begins with {event_id!r}."
            if found and event_id
            else f"There is no coming event {event_id!r} in the next {SERIES_AHEAD.days} days."
        )
        raise ProviderError(
            Problem(
                Stage.PROVIDER,
                Reason.NOT_FOUND,
                sentence,
                "Take the id from the list of events, or let the calendar be read again.",
            )
        )

    async def series(self, entry: AgendaEvent) -> tuple[AgendaEvent, ...]:
        """The events of an event's series in the next 30 days that a bot can go to."""
        if not entry.event.series_id:
            return ()
        until = self._now() + SERIES_AHEAD
        agenda = await self.agenda((entry.event.calendar_id,), until=until)
        if agenda.troubles and not agenda.events:
            raise ProviderError(agenda.troubles[0])
        return occurrences(entry, agenda.events)

    # -- sending --------------------------------------------------------------------------------

    def bot_name(self, wish: EventWish) -> str:
        """What the bot of a wish will be called. Raises PersonaError."""
        if wish.name.strip():
            return wish.name.strip()
        return self._host.personas.get(wish.persona).name if wish.persona else RECORDER_NAME

    def plan(self, entry: AgendaEvent, wish: EventWish) -> Sending:
        """What `send` would do, and what must be true for it. Asks nobody."""
        who = "MeetingBaas v1" if self.provider_key == PROVIDERS[1] else "MeetingBaas"
        return plan_sending(entry, wish, who, self.bot_name(wish), self._keys(), self._now())

    async def send(self, entry: AgendaEvent, wish: EventWish) -> Sent:
        """Send a bot to an event or its series; what `plan` says. Never two by a double click."""
        plan = self.plan(entry, wish)
        if plan.problem is not None:
            raise ProviderError(plan.problem)
        with _Once(self._under_way, entry.event.series_id or entry.event.event_id):
            if plan.way is SendingWay.PROVIDER:
                return await self._send_event_bot(entry, wish)
            entries = await self.series(entry) if wish.whole_series else (entry,)
            return await self._launch_for(entries, wish)

    async def _send_event_bot(self, entry: AgendaEvent, wish: EventWish) -> Sent:
        source = await self._source()
        name = self.bot_name(wish)
        answer = await source.send_bot(
            entry.event, self._request(wish, name), whole_series=wish.whole_series
        )
        sent = _sent_of(answer)
        if sent.event_ids:
            ends = {entry.event.event_id: entry.end}
            far = entry.end + SERIES_AHEAD * 3
            notes = [note_for(i, name, ends.get(i, far)) for i in sent.event_ids]
            await self._note(lambda: self._notes.add(notes, self._now()))
        return sent

    async def _launch_for(self, entries: Iterable[AgendaEvent], wish: EventWish) -> Sent:
        ids: list[str] = []
        failures: list[tuple[str, Problem]] = []
        for entry in entries:
            if any(b.persona == wish.persona and not wish.is_record_only for b in entry.bots):
                continue
            launch = launch_for(entry, wish, self.provider_key, self._now())
            try:
                ids += await self._host.launch(launch)
            except SpeakDeskError as e:
                failures.append((entry.event.event_id, e.problem))
        if failures and not ids:
            raise ProviderError(failures[0][1])
        if not ids:
            raise ProviderError(
                Problem(
                    Stage.PROVIDER,
                    Reason.CONFLICT,
                    "There is no coming event in this series to which no such bot is going yet.",
                    "Nothing needs to be done.",
                )
            )
        return Sent(bot_ids=tuple(ids), failures=tuple(failures))

    async def change(self, entry: AgendaEvent, wish: EventWish) -> Sent:
        """Give the bot the provider sends to an event, or to its series, another name or options.

        Refused in the last four minutes before the event.
        """
        source = await self._source()
        name = self.bot_name(wish)
        if not wish.whole_series and entry.start - self._now() < LOCK:
            raise ProviderError(_locked(source.name))
        try:
            answer = await source.change_bot(
                entry.event, self._request(wish, name), whole_series=wish.whole_series
            )
        except ProviderError as e:
            if e.problem.reason is not Reason.CONFLICT:
                raise
            raise ProviderError(_locked(source.name, e.problem.vendor_words)) from e
        sent = _sent_of(answer)
        if sent.event_ids:
            notes = [note_for(i, name, entry.end + SERIES_AHEAD * 3) for i in sent.event_ids]
            await self._note(lambda: self._notes.add(notes, self._now()))
        return sent

    async def unsend(self, entry: AgendaEvent, *, whole_series: bool = False) -> Sent:
        """Take back every bot of an event, or of its whole series: this desk's and the provider's.

        A bot that is in the meeting already leaves it.
        """
        entries = await self.series(entry) if whole_series else (entry,)
        views = {view.bot_id for e in (entry, *entries) for view in e.bots if view.is_live}
        for bot_id in views:
            await self._host.leave(bot_id)
        sent = Sent(bot_ids=tuple(views))
        if any(e.event.has_bot for e in (entry, *entries)):
            source = await self._source()
            answer = await source.cancel_bot(entry.event, whole_series=whole_series)
            sent = replace(_sent_of(answer), bot_ids=tuple(views))
            await self._note(lambda: self._notes.remove(sent.event_ids))
        if not sent.count and not sent.failures:
            raise ProviderError(
                Problem(
                    Stage.PROVIDER,
                    Reason.NOT_FOUND,
                    "No bot is set for this event.",
                    "Read the events again to see what is set now.",
                )
            )
        return sent

    @property
    def knows_all_scheduled(self) -> bool:
        """False where the provider does not list scheduled bots: then only this desk's are seen."""
        return self.provider_key != PROVIDERS[1]

    # -- inside ---------------------------------------------------------------------------------

    async def _source(self) -> CalendarSource:
        return source_of(await self._host.provider(self.provider_key))

    def _request(self, wish: EventWish, name: str) -> EventBotRequest:
        return EventBotRequest(
            bot_name=name,
            entry_message=wish.entry_message,
            extra={"speakdesk_calendar": True},
            options=wish.options or self._default_options(),
        )

    async def _note(self, write: Callable[[], None]) -> None:
        async with self._noting:
            try:
                await asyncio.to_thread(write)
            except OSError as e:
                logger.warning("the note about an event bot was not kept: {}", e.strerror)


class _Once:
    """Lets one thing happen at a time under one name; a second one is refused in words."""

    def __init__(self, under_way: set[str], name: str) -> None:
        self._under_way = under_way
        self._name = name

    def __enter__(self) -> None:
        if self._name in self._under_way:
            raise ProviderError(
                Problem(
                    Stage.APP,
                    Reason.CONFLICT,
                    "A bot is being sent to this event at this moment.",
                    "Wait until that is done.",
                    is_permanent=False,
                )
            )
        self._under_way.add(self._name)

    def __exit__(self, *_: object) -> None:
        self._under_way.discard(self._name)


def _sent_of(answer: EventBots) -> Sent:
    """What came of it. Raises ProviderError where nothing did."""
    if answer.failures and not answer.event_ids:
        raise ProviderError(answer.failures[0][1])
    return Sent(event_ids=answer.event_ids, failures=answer.failures)


def _locked(who: str, vendor_words: str = "") -> Problem:
    return Problem(
        Stage.PROVIDER,
        Reason.CONFLICT,
        f"From four minutes before an event on, {who} lets nobody change the bot that joins it.",
        "Take the bot back, or let it join and make it leave in the meeting.",
        vendor_words,
    )


def _no_such_calendar(who: str, calendar_id: str) -> ProviderError:
    return ProviderError(
        Problem(
            Stage.PROVIDER,
            Reason.NOT_FOUND,
            f"{who} watches no calendar {calendar_id!r}.",
            "Take the id from the list of connected calendars.",
        )
    )
