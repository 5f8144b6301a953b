"""Calendars of MeetingBaas v1, and bots on their events (contracts/meetingbaas.md §1.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from speakdesk.domain.calendar import (
    CalendarChoice,
    CalendarConnection,
    CalendarEvent,
    CalendarLogin,
    EventBots,
    Page,
)
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import ProviderError
from speakdesk.providers.base import EventBotRequest
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.bodies import secrets_of
from speakdesk.providers.meetingbaas.calendar_replies import (
    read_choice,
    read_connection,
    read_event,
    sign_in_problem,
)
from speakdesk.providers.meetingbaas.errors import Refusal, problem_with_reply
from speakdesk.providers.meetingbaas.http import Conversation
from speakdesk.providers.meetingbaas.replies import next_cursor
from speakdesk.providers.meetingbaas.v1.bodies import (
    event_bot_body,
    login_body,
    patched_event_bot_body,
)
from speakdesk.providers.meetingbaas.v1.paths import Collections

CALENDARS = "/calendars"
EVENTS = "/calendar_events"


class V1Calendars:
    """`/calendars` and `/calendar_events`. Every method raises ProviderError and nothing else."""

    def __init__(self, v1: Conversation, collections: Collections) -> None:
        self._v1 = v1
        self._collections = collections

    async def choices(self, login: CalendarLogin) -> tuple[CalendarChoice, ...]:
        """The calendars of an account, before one of them is connected."""
        answer = await self._signing_in(
            login,
            lambda: self._v1.post(
                f"{CALENDARS}/raw", login_body(login), repeatable=True, secrets=_secrets(login)
            ),
        )
        return tuple(read_choice(item) for item in reading.items(answer.get("calendars")))

    async def connect(self, login: CalendarLogin, choice_id: str = "") -> CalendarConnection:
        """Let the service watch one of the choices (the main one where none is named)."""
        body = login_body(login)
        if choice_id:
            body["raw_calendar_id"] = choice_id
        answer = await self._signing_in(
            login,
            lambda: self._collections.call("POST", CALENDARS, body=body, secrets=_secrets(login)),
        )
        return read_connection(_object(answer, "calendar", self._v1.who))

    async def page(self, limit: int = 50, cursor: str = "") -> Page[CalendarConnection]:
        """The connected calendars, all on one page."""
        answer = await self._collections.call("GET", CALENDARS, repeatable=True)
        return Page(tuple(read_connection(item) for item in _list(answer, self._v1.who)))

    async def get(self, calendar_id: str) -> CalendarConnection:
        """One connected calendar."""
        return read_connection(await self._v1.get(_calendar(calendar_id)))

    async def renew(self, calendar_id: str, login: CalendarLogin) -> CalendarConnection:
        """Give the service new OAuth values for a calendar it lost."""
        answer = await self._signing_in(
            login,
            lambda: self._v1.patch(
                _calendar(calendar_id), login_body(login), secrets=_secrets(login)
            ),
        )
        return read_connection(_object(answer, "calendar", self._v1.who))

    async def disconnect(self, calendar_id: str) -> None:
        """Stop watching it."""
        await self._v1.call("DELETE", _calendar(calendar_id), may_be_empty=True)

    async def sync(self, calendar_id: str = "", days: int = 30) -> None:
        """Read the events of the coming days again; v1 does so for all calendars at once."""
        answer = await self._v1.call(
            "POST", f"{CALENDARS}/resync_all", params={"days": days}, repeatable=True
        )
        for entry in reading.mapping(answer).get("errors") or ():
            if isinstance(entry, list) and calendar_id and calendar_id in entry:
                words = " ".join(str(part) for part in entry[1:])
                raise problem_with_reply(self._v1.who, "that it could not read the calendar", words)

    async def events(
        self,
        calendar_id: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        with_past: bool = False,
        cursor: str = "",
    ) -> Page[CalendarEvent]:
        """Events between two moments, a hundred a page; only coming ones unless asked."""
        query: dict[str, str] = {"calendar_id": calendar_id}
        if start is not None:
            query["start_date_gte"] = to_iso(start)
        if end is not None:
            query["start_date_lte"] = to_iso(end)
        if with_past:
            query["status"] = "all"
        if cursor:
            query["cursor"] = cursor
        answer = await self._collections.call("GET", EVENTS, params=query, repeatable=True)
        envelope = reading.mapping(answer)
        found = _list(envelope.get("data"), self._v1.who)
        return Page(tuple(read_event(item) for item in found), next_cursor(envelope))

    async def event(self, event_id: str) -> CalendarEvent:
        """One event."""
        return read_event(await self._v1.get(_event(event_id)))

    async def send_bot(
        self, event_id: str, request: EventBotRequest, *, all_occurrences: bool = False
    ) -> EventBots:
        """Let a bot join an event, or every one of its series. Sent once."""
        return await self._bot("POST", event_id, event_bot_body(request), request, all_occurrences)

    async def change_bot(
        self, event_id: str, request: EventBotRequest, *, all_occurrences: bool = False
    ) -> EventBots:
        """Change the bot of an event, or of every one of its series."""
        body = patched_event_bot_body(request)
        return await self._bot("PATCH", event_id, body, request, all_occurrences)

    async def cancel_bot(self, event_id: str, *, all_occurrences: bool = False) -> EventBots:
        """Take the bot of an event back, or of every one of its series."""
        return await self._bot("DELETE", event_id, None, None, all_occurrences)

    async def _bot(
        self,
        method: str,
        event_id: str,
        body: dict[str, Any] | None,
        request: EventBotRequest | None,
        all_occurrences: bool,
    ) -> EventBots:
        answer = await self._v1.call(
            method,
            f"{_event(event_id)}/bot",
            params={"all_occurrences": True} if all_occurrences else None,
            body=body,
            secrets=secrets_of(request) if request else (),
        )
        events = (read_event(item) for item in _list(answer, self._v1.who))
        return EventBots(tuple(event.event_id for event in events if event.event_id))

    async def _signing_in(
        self, login: CalendarLogin, ask: Callable[[], Awaitable[Any]]
    ) -> Mapping[str, Any]:
        try:
            return reading.mapping(await ask())
        except Refusal as e:
            explained = sign_in_problem(e, login.platform, self._v1.who)
            if explained is None:
                raise
            raise ProviderError(explained) from e


def _list(answer: Any, who: str) -> list[Mapping[str, Any]]:
    if not isinstance(answer, list):
        raise problem_with_reply(who, "without the list that was asked for")
    return reading.items(answer)


def _object(answer: Mapping[str, Any], name: str, who: str) -> Mapping[str, Any]:
    found = answer.get(name)
    if not isinstance(found, dict):
        raise problem_with_reply(who, f"without the {name} that was asked for")
    return found


def _secrets(login: CalendarLogin) -> tuple[str, ...]:
    return (login.client_secret, login.refresh_token)


def _calendar(calendar_id: str) -> str:
    return f"{CALENDARS}/{quote(calendar_id, safe='')}"


def _event(event_id: str) -> str:
    return f"{EVENTS}/{quote(event_id, safe='')}"
