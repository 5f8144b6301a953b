"""MeetingBaas v2 and v1 as one and the same source of calendars, events and waiting bots."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar

from speakdesk.domain.calendar import (
    CalendarChoice,
    CalendarConnection,
    CalendarEvent,
    CalendarLogin,
    EventBots,
    Page,
    ScheduledBot,
)
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.providers.base import EventBotRequest, MeetingProvider
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.providers.meetingbaas.scheduled import ScheduledFilter
from speakdesk.providers.meetingbaas.v1.client import MeetingBaasV1Provider

MOST_PAGES = 40
T = TypeVar("T")


class CalendarSource(Protocol):
    """What a provider can do with calendars. Every method raises ProviderError, nothing else.

    `lists_scheduled` is False where the provider does not tell which bots wait for their time.
    """

    name: str
    lists_scheduled: bool

    async def choices(self, login: CalendarLogin) -> tuple[CalendarChoice, ...]: ...

    async def connect(self, login: CalendarLogin, choice_id: str) -> CalendarConnection: ...

    async def connections(self) -> tuple[CalendarConnection, ...]: ...

    async def renew(self, calendar_id: str, login: CalendarLogin) -> CalendarConnection: ...

    async def disconnect(self, calendar_id: str) -> None: ...

    async def sync(self, calendar_id: str) -> None: ...

    async def events(
        self, calendar_id: str, since: datetime, until: datetime
    ) -> tuple[CalendarEvent, ...]: ...

    async def send_bot(
        self, event: CalendarEvent, request: EventBotRequest, *, whole_series: bool
    ) -> EventBots: ...

    async def change_bot(
        self, event: CalendarEvent, request: EventBotRequest, *, whole_series: bool
    ) -> EventBots: ...

    async def cancel_bot(self, event: CalendarEvent, *, whole_series: bool) -> EventBots: ...

    async def scheduled(self) -> tuple[ScheduledBot, ...]: ...

    async def change_scheduled(
        self, bot_id: str, *, join_at: datetime | None, bot_name: str
    ) -> None: ...

    async def cancel_scheduled(self, bot_id: str) -> None: ...


def source_of(provider: MeetingProvider) -> CalendarSource:
    """The calendars of a provider. Raises ProviderError where it has none."""
    if isinstance(provider, MeetingBaasV2Provider):
        return V2Source(provider)
    if isinstance(provider, MeetingBaasV1Provider):
        return V1Source(provider)
    raise ProviderError(
        Problem(
            Stage.PROVIDER,
            Reason.UNSUPPORTED,
            f"{provider.name} has no calendars.",
            "Choose MeetingBaas for calendars.",
        )
    )


class V2Source:
    """`/v2/calendars` and `/v2/bots/scheduled`."""

    lists_scheduled = True

    def __init__(self, provider: MeetingBaasV2Provider) -> None:
        self.name = provider.name
        self._calendars = provider.calendars
        self._scheduled = provider.scheduled

    async def choices(self, login: CalendarLogin) -> tuple[CalendarChoice, ...]:
        """The calendars of an account."""
        return await self._calendars.choices(login)

    async def connect(self, login: CalendarLogin, choice_id: str) -> CalendarConnection:
        """Let the provider watch one of them."""
        return await self._calendars.connect(login, choice_id)

    async def connections(self) -> tuple[CalendarConnection, ...]:
        """All that it watches."""
        return await _every(lambda cursor: self._calendars.page(cursor=cursor))

    async def renew(self, calendar_id: str, login: CalendarLogin) -> CalendarConnection:
        """New OAuth values for one."""
        return await self._calendars.renew(calendar_id, login)

    async def disconnect(self, calendar_id: str) -> None:
        """Watch one no more; its event bots go with it."""
        await self._calendars.disconnect(calendar_id)

    async def sync(self, calendar_id: str) -> None:
        """Read its events again."""
        await self._calendars.sync(calendar_id)

    async def events(
        self, calendar_id: str, since: datetime, until: datetime
    ) -> tuple[CalendarEvent, ...]:
        """What begins at `since` or later and ends before `until`, cancelled events left out."""
        return await _every(
            lambda cursor: self._calendars.events(
                calendar_id, start=since, end=until, limit=250, cursor=cursor
            )
        )

    async def send_bot(
        self, event: CalendarEvent, request: EventBotRequest, *, whole_series: bool
    ) -> EventBots:
        """A bot for one event, or for every coming one of its series."""
        return await self._calendars.send_bot(
            event.calendar_id,
            event.series_id,
            request,
            event_id="" if whole_series else event.event_id,
            all_occurrences=whole_series,
        )

    async def change_bot(
        self, event: CalendarEvent, request: EventBotRequest, *, whole_series: bool
    ) -> EventBots:
        """Another name or other options for the bot of an event or a series."""
        return await self._calendars.change_bot(
            event.calendar_id,
            event.series_id,
            request,
            event_id="" if whole_series else event.event_id,
            all_occurrences=whole_series,
        )

    async def cancel_bot(self, event: CalendarEvent, *, whole_series: bool) -> EventBots:
        """Take the bot of an event or a series back."""
        return await self._calendars.cancel_bot(
            event.calendar_id,
            event.series_id,
            event_id="" if whole_series else event.event_id,
            all_occurrences=whole_series,
        )

    async def scheduled(self) -> tuple[ScheduledBot, ...]:
        """The bots that wait for their time."""
        which = ScheduledFilter(statuses=("scheduled",))
        found = await _every(lambda cursor: self._scheduled.page(which, limit=100, cursor=cursor))
        return tuple(bot for bot in found if bot.is_waiting)

    async def change_scheduled(
        self, bot_id: str, *, join_at: datetime | None, bot_name: str
    ) -> None:
        """Another time or another name."""
        await self._scheduled.change(bot_id, join_at=join_at, bot_name=bot_name)

    async def cancel_scheduled(self, bot_id: str) -> None:
        """Take it back."""
        await self._scheduled.cancel(bot_id)


class V1Source:
    """`/calendars` and `/calendar_events` of v1, which does not tell what is scheduled."""

    lists_scheduled = False

    def __init__(self, provider: MeetingBaasV1Provider) -> None:
        self.name = provider.name
        self._provider = provider
        self._calendars = provider.calendars

    async def choices(self, login: CalendarLogin) -> tuple[CalendarChoice, ...]:
        """The calendars of an account."""
        return await self._calendars.choices(login)

    async def connect(self, login: CalendarLogin, choice_id: str) -> CalendarConnection:
        """Let the provider watch one of them."""
        return await self._calendars.connect(login, choice_id)

    async def connections(self) -> tuple[CalendarConnection, ...]:
        """All that it watches."""
        return (await self._calendars.page()).items

    async def renew(self, calendar_id: str, login: CalendarLogin) -> CalendarConnection:
        """New OAuth values for one."""
        return await self._calendars.renew(calendar_id, login)

    async def disconnect(self, calendar_id: str) -> None:
        """Watch one no more."""
        await self._calendars.disconnect(calendar_id)

    async def sync(self, calendar_id: str) -> None:
        """Read the events again; v1 does so for all calendars."""
        await self._calendars.sync(calendar_id)

    async def events(
        self, calendar_id: str, since: datetime, until: datetime
    ) -> tuple[CalendarEvent, ...]:
        """What begins between two moments; `with_past` because it may be running already."""
        return await _every(
            lambda cursor: self._calendars.events(
                calendar_id, start=since, end=until, with_past=True, cursor=cursor
            )
        )

    async def send_bot(
        self, event: CalendarEvent, request: EventBotRequest, *, whole_series: bool
    ) -> EventBots:
        """A bot for one event, or for every one of its series."""
        return await self._calendars.send_bot(event.event_id, request, all_occurrences=whole_series)

    async def change_bot(
        self, event: CalendarEvent, request: EventBotRequest, *, whole_series: bool
    ) -> EventBots:
        """Another name or other options for the bot of an event or a series."""
        return await self._calendars.change_bot(
            event.event_id, request, all_occurrences=whole_series
        )

    async def cancel_bot(self, event: CalendarEvent, *, whole_series: bool) -> EventBots:
        """Take the bot of an event or a series back."""
        return await self._calendars.cancel_bot(event.event_id, all_occurrences=whole_series)

    async def scheduled(self) -> tuple[ScheduledBot, ...]:
        """Nothing: v1 has no list of them."""
        return ()

    async def change_scheduled(
        self, bot_id: str, *, join_at: datetime | None, bot_name: str
    ) -> None:
        """Raises ProviderError: v1 cannot."""
        raise ProviderError(
            Problem(
                Stage.PROVIDER,
                Reason.UNSUPPORTED,
                f"{self.name} cannot change a scheduled bot.",
                "Cancel it and send another.",
            )
        )

    async def cancel_scheduled(self, bot_id: str) -> None:
        """Take it back."""
        await self._provider.cancel_scheduled(bot_id)


async def _every(ask: Callable[[str], Awaitable[Page[T]]]) -> tuple[T, ...]:
    """All pages of a list; ends where the service gives the same cursor again."""
    found: list[T] = []
    cursor, asked = "", {""}
    for _ in range(MOST_PAGES):
        page = await ask(cursor)
        found += page.items
        cursor = page.cursor
        if cursor in asked:
            break
        asked.add(cursor)
    return tuple(found)
