"""Calendars of MeetingBaas v2, and bots on their events (contracts/meetingbaas.md §2.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from speakdesk.domain.calendar import (
    CalendarChoice,
    CalendarConnection,
    CalendarEvent,
    CalendarLogin,
    EventBots,
    EventSeries,
    Page,
)
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import ProviderError
from speakdesk.providers.base import EventBotRequest
from speakdesk.providers.meetingbaas import calendar_replies as replies
from speakdesk.providers.meetingbaas.bodies import event_bot_body, secrets_of
from speakdesk.providers.meetingbaas.bots import list_of, object_of, page_query
from speakdesk.providers.meetingbaas.errors import Refusal
from speakdesk.providers.meetingbaas.http import Conversation
from speakdesk.providers.meetingbaas.replies import next_cursor

CALENDARS = "/v2/calendars"
T = TypeVar("T")


class Calendars:
    """The operations on `/v2/calendars`. Every method raises ProviderError and nothing else.

    Every answer about a calendar says which account and how it stands; OAuth values are never
    given back.
    """

    def __init__(self, v2: Conversation) -> None:
        self._v2 = v2

    async def choices(self, login: CalendarLogin) -> tuple[CalendarChoice, ...]:
        """The calendars of an account, before one of them is connected."""
        body = _login_body(login)
        envelope = await self._signing_in(
            login,
            lambda: self._v2.post(
                f"{CALENDARS}/list-raw", body, repeatable=True, secrets=_secrets(login)
            ),
        )
        return tuple(replies.read_choice(item) for item in list_of(envelope, self._v2.who))

    async def connect(self, login: CalendarLogin, choice_id: str) -> CalendarConnection:
        """Let the service watch one of the choices; its events come within minutes. Sent once."""
        body = {**_login_body(login), "raw_calendar_id": choice_id}
        envelope = await self._signing_in(
            login, lambda: self._v2.post(CALENDARS, body, secrets=_secrets(login))
        )
        return replies.read_connection(object_of(envelope, self._v2.who))

    async def page(self, limit: int = 50, cursor: str = "") -> Page[CalendarConnection]:
        """The connected calendars."""
        envelope = await self._v2.get(CALENDARS, page_query(limit, cursor, {}))
        return self._page(envelope, replies.read_connection)

    async def get(self, calendar_id: str) -> CalendarConnection:
        """One connected calendar."""
        return self._connection(await self._v2.get(_path(calendar_id)))

    async def renew(self, calendar_id: str, login: CalendarLogin) -> CalendarConnection:
        """Give the service new OAuth values for a calendar it lost."""
        body = _login_body(login)
        del body["calendar_platform"]
        envelope = await self._signing_in(
            login, lambda: self._v2.patch(_path(calendar_id), body, secrets=_secrets(login))
        )
        return self._connection(envelope)

    async def disconnect(self, calendar_id: str) -> None:
        """Stop watching it; bots scheduled on its events go with it."""
        await self._v2.delete(_path(calendar_id))

    async def sync(self, calendar_id: str) -> None:
        """Read all its events again."""
        await self._v2.post(f"{_path(calendar_id)}/sync", repeatable=True)

    async def resubscribe(self, calendar_id: str) -> None:
        """Ask the calendar's vendor again to report changes."""
        await self._v2.post(f"{_path(calendar_id)}/resubscribe", repeatable=True)

    async def events(
        self,
        calendar_id: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        with_cancelled: bool = False,
        limit: int = 50,
        cursor: str = "",
    ) -> Page[CalendarEvent]:
        """Events between two moments, without place and people: those are in `event`."""
        moments = {"start_date": start, "end_date": end}
        query = page_query(
            limit, cursor, {name: to_iso(at) for name, at in moments.items() if at is not None}
        )
        query["show_cancelled"] = with_cancelled
        envelope = await self._v2.get(f"{_path(calendar_id)}/events", query)
        return self._page(envelope, replies.read_event)

    async def event(self, calendar_id: str, event_id: str) -> CalendarEvent:
        """One event with its place and people."""
        path = f"{_path(calendar_id)}/events/{quote(event_id, safe='')}"
        return replies.read_event(object_of(await self._v2.get(path), self._v2.who))

    async def series(
        self,
        calendar_id: str,
        *,
        with_cancelled: bool = False,
        limit: int = 50,
        cursor: str = "",
    ) -> Page[EventSeries]:
        """Recurring (and single) events with their instances."""
        query = page_query(limit, cursor, {})
        query["show_cancelled"] = with_cancelled
        envelope = await self._v2.get(f"{_path(calendar_id)}/series", query)
        return self._page(envelope, replies.read_series)

    async def send_bot(
        self,
        calendar_id: str,
        series_id: str,
        request: EventBotRequest,
        *,
        event_id: str = "",
        all_occurrences: bool = False,
    ) -> EventBots:
        """Let a bot join one event of a series, or every coming one. Sent once."""
        body = event_bot_body(request, series_id, event_id, all_occurrences)
        secrets = secrets_of(request)
        envelope = await self._v2.post(f"{_path(calendar_id)}/bots", body, secrets=secrets)
        return replies.read_event_bots(envelope, self._v2.who, secrets)

    async def change_bot(
        self,
        calendar_id: str,
        series_id: str,
        request: EventBotRequest,
        *,
        event_id: str = "",
        all_occurrences: bool = False,
    ) -> EventBots:
        """Change the bot of one event, or of every coming one."""
        body = event_bot_body(request, series_id, event_id, all_occurrences)
        secrets = secrets_of(request)
        envelope = await self._v2.patch(f"{_path(calendar_id)}/bots", body, secrets=secrets)
        return replies.read_event_bots(envelope, self._v2.who, secrets)

    async def cancel_bot(
        self,
        calendar_id: str,
        series_id: str,
        *,
        event_id: str = "",
        all_occurrences: bool = False,
    ) -> EventBots:
        """Take the bot of one event back, or of every coming one."""
        body = event_bot_body(None, series_id, event_id, all_occurrences)
        envelope = await self._v2.delete(f"{_path(calendar_id)}/bots", body)
        return replies.read_event_bots(envelope, self._v2.who)

    async def _signing_in(
        self, login: CalendarLogin, ask: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        try:
            return await ask()
        except Refusal as e:
            explained = replies.sign_in_problem(e, login.platform, self._v2.who)
            if explained is None:
                raise
            raise ProviderError(explained) from e

    def _connection(self, envelope: Mapping[str, Any]) -> CalendarConnection:
        return replies.read_connection(object_of(envelope, self._v2.who))

    def _page(self, envelope: Mapping[str, Any], read: Callable[[Mapping[str, Any]], T]) -> Page[T]:
        found = tuple(read(item) for item in list_of(envelope, self._v2.who))
        return Page(found, next_cursor(envelope))


def _login_body(login: CalendarLogin) -> dict[str, str]:
    body = {
        "calendar_platform": login.platform.lower(),
        "oauth_client_id": login.client_id,
        "oauth_client_secret": login.client_secret,
        "oauth_refresh_token": login.refresh_token,
    }
    if login.tenant_id:
        body["oauth_tenant_id"] = login.tenant_id
    return body


def _secrets(login: CalendarLogin) -> tuple[str, ...]:
    return (login.client_secret, login.refresh_token)


def _path(calendar_id: str) -> str:
    return f"{CALENDARS}/{quote(calendar_id, safe='')}"
