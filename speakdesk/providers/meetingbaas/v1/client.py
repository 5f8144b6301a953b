"""MeetingBaas v1 as a meeting provider (contracts/meetingbaas.md §1).

v1 has no status call: where a bot is comes from webhooks, which the gateway hands to
`note_webhook`, and from what `meeting_data` lets on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from speakdesk.domain.aftermath import Aftermath, Artifact, ArtifactKind
from speakdesk.domain.calendar import Page
from speakdesk.domain.clock import to_iso, utc_now
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.domain.join import TranscriptionOptions
from speakdesk.domain.meeting import Platform
from speakdesk.providers.base import Capability, JoinRequest, KeyCheck, KeyVerdict, ProviderStatus
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.bodies import secrets_of
from speakdesk.providers.meetingbaas.codec import MeetingBaasCodec
from speakdesk.providers.meetingbaas.errors import Refusal, bad_request, problem_with_reply
from speakdesk.providers.meetingbaas.http import Conversation, Query
from speakdesk.providers.meetingbaas.key_check import check_key
from speakdesk.providers.meetingbaas.lost import filter_of, found_or_raise, has_mark, marked
from speakdesk.providers.meetingbaas.replies import Screenshot, next_cursor, read_screenshot
from speakdesk.providers.meetingbaas.scheduled import refuse_time
from speakdesk.providers.meetingbaas.v1.bodies import join_body, speech_to_text
from speakdesk.providers.meetingbaas.v1.calendars import V1Calendars
from speakdesk.providers.meetingbaas.v1.paths import Collections
from speakdesk.providers.meetingbaas.v1.replies import (
    ListedBot,
    aftermath_from_data,
    read_listed,
    status_from_data,
)
from speakdesk.providers.meetingbaas.v1.zoom import V1ZoomConnections
from speakdesk.providers.meetingbaas.webhooks import StatusBoard, WebhookEvent
from speakdesk.providers.wire import AudioCodec

BASE_URL = "https://api.meetingbaas.com"
BOTS = "/bots"
_LIST = f"{BOTS}/bots_with_metadata"
_ASK_AGAIN = timedelta(seconds=15)
_WEBHOOK_STANDS_FOR = timedelta(seconds=60)
_MAY_HAVE_LEFT = frozenset({400, 404, 409, 410, 422})


class MeetingBaasV1Provider:
    """A client of v1. Every method raises ProviderError and nothing else.

    Each bot gets a fresh deduplication key, because v1 sends no second bot of one key into a
    meeting within five minutes (§1.4). `calendars` and `zoom` hold the rest of the operations.
    """

    key = "meetingbaas-v1"
    name = "MeetingBaas v1"
    capabilities = frozenset(
        {
            Capability.AUDIO,
            Capability.STATUS,
            Capability.REPORTS,
            Capability.RECORDING,
            Capability.SCHEDULE,
            Capability.CALENDAR,
        }
    )
    platforms = frozenset({Platform.MEET, Platform.ZOOM, Platform.TEAMS})
    needs_public_url = True
    needs_key = True

    def __init__(
        self,
        api_key: str,
        base_url: str = BASE_URL,
        http: httpx.AsyncClient | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._v1 = Conversation(self.name, base_url, api_key, http, sleep=sleep)
        self._now = now
        self._collections = Collections(self._v1)
        self._board = StatusBoard()
        self._heard: dict[str, datetime] = {}
        self._asked: dict[str, datetime] = {}
        self.calendars = V1Calendars(self._v1, self._collections)
        self.zoom = V1ZoomConnections(self._v1, self._collections)

    def refuse(self, request: JoinRequest) -> None:
        """Raise ProviderError where v1 has no place for something in the request."""
        join_body(request)

    async def create(self, request: JoinRequest) -> str:
        """Send a bot; returns its id. Never a second one."""
        return await self._create(request, None)

    async def schedule(self, request: JoinRequest, join_at: datetime) -> str:
        """Let a bot join at a time, one minute to 90 days ahead; returns its id."""
        refuse_time(join_at, self._now())
        return await self._create(request, join_at)

    async def cancel_scheduled(self, provider_bot_id: str) -> None:
        """Take a scheduled bot back."""
        await self.leave(provider_bot_id)

    def note_webhook(self, event: WebhookEvent) -> bool:
        """Hear what a webhook says. Returns True where a bot's state changed."""
        if not event.provider_bot_id:
            return False
        self._heard[event.provider_bot_id] = self._now()
        return self._board.note(event)

    async def status(self, provider_bot_id: str) -> ProviderStatus:
        """The last word of a webhook, or what `meeting_data` lets on where none came lately.

        An empty `raw` means that nothing is known yet. Asks the service at most every 15 s.
        """
        known = self._board.get(provider_bot_id)
        if known is not None and known.state is not None and known.state.is_final:
            self._heard.pop(provider_bot_id, None)
            self._asked.pop(provider_bot_id, None)
            return known
        now = self._now()
        heard = self._heard.get(provider_bot_id)
        asked = self._asked.get(provider_bot_id)
        is_fresh = heard is not None and now - heard < _WEBHOOK_STANDS_FOR
        is_early = asked is not None and now - asked < _ASK_AGAIN
        if not (is_fresh or is_early):
            self._asked[provider_bot_id] = now
            try:
                found = status_from_data(await self._data(provider_bot_id, with_lines=False))
            except Refusal as e:
                # Whether a bot has data before its end is said nowhere, so none is no news.
                if e.problem.reason is Reason.AUTHENTICATION or e.http_status >= 429:
                    raise
            else:
                if found.state is not None and (known is None or found.state != known.state):
                    self._board.put(provider_bot_id, found)
        return self._board.get(provider_bot_id) or ProviderStatus(raw="")

    async def leave(self, provider_bot_id: str) -> None:
        """Tell the bot to leave; one that has left already is no error."""
        try:
            answer = await self._v1.call(
                "DELETE", _path(provider_bot_id), repeatable=True, may_be_empty=True
            )
        except Refusal as e:
            if e.http_status not in _MAY_HAVE_LEFT or not await self._has_left(provider_bot_id):
                raise
            return
        if reading.mapping(answer).get("ok") is False:
            raise ProviderError(
                Problem(
                    Stage.PROVIDER,
                    Reason.UNAVAILABLE,
                    f"{self.name} could not tell the bot to leave.",
                    "Try again, or remove the bot in the meeting.",
                    is_permanent=False,
                )
            )

    async def send_chat(self, provider_bot_id: str, text: str) -> None:
        """Always refused: v1 cannot write into a running meeting (§1.1)."""
        raise bad_request(
            "MeetingBaas v1 cannot write into a meeting's chat.",
            "Use MeetingBaas v2, or give an entry message with the launch.",
            Reason.UNSUPPORTED,
        )

    async def list(self, limit: int = 10, cursor: str = "", **narrowed: str) -> Page[ListedBot]:
        """The account's bots, newest first. `limit` is 1..50.

        `narrowed` by `bot_name`, `meeting_url`, `speaker_name`, `filter_by_extra` ("key:value"),
        `created_after`, `created_before`, `ended_after` (ISO 8601).
        """
        answer = await self._v1.get(_LIST, _list_query(limit, cursor, narrowed))
        return Page(tuple(read_listed(item) for item in _bots(answer)), next_cursor(answer))

    async def listed_since(self, since: datetime, limit: int = 50) -> Page[ListedBot]:
        """The bots that were made after a moment."""
        return await self.list(limit, created_after=to_iso(since))

    async def aftermath(self, provider_bot_id: str) -> Aftermath:
        """What there is after the meeting: files with fresh addresses, transcript, duration."""
        data = await self._data(provider_bot_id, with_lines=True)
        return aftermath_from_data(data, provider_bot_id, self._now())

    async def artifact(self, provider_bot_id: str, kind: ArtifactKind) -> Artifact | None:
        """One file with a fresh address: what `download` takes as its `renew`."""
        data = await self._data(provider_bot_id, with_lines=False)
        return aftermath_from_data(data, provider_bot_id, self._now()).artifact(kind)

    async def screenshots(self, provider_bot_id: str) -> Page[Screenshot]:
        """Pictures of the meeting, all on one page."""
        answer = await self._v1.call(
            "GET", f"{_path(provider_bot_id)}/screenshots", repeatable=True
        )
        if not isinstance(answer, list):
            raise problem_with_reply(self.name, "without the list that was asked for")
        return Page(tuple(read_screenshot(item) for item in reading.items(answer)))

    async def delete_data(self, provider_bot_id: str) -> str:
        """Delete recording and transcript for good; at most five times a minute (§1.1).

        Returns v1's word: "deleted", "partiallyDeleted", "alreadyDeleted" or "noDataFound".
        """
        answer = await self._v1.post(f"{_path(provider_bot_id)}/delete_data")
        return reading.text(answer.get("status"))

    async def retranscribe(
        self,
        provider_bot_id: str,
        transcription: TranscriptionOptions | None = None,
        webhook_url: str = "",
    ) -> None:
        """Let the provider transcribe again; `transcription_complete` tells when it is done."""
        body: dict[str, Any] = {"bot_uuid": provider_bot_id}
        if transcription is not None:
            body["speech_to_text"] = speech_to_text(transcription)
        if webhook_url:
            body["webhook_url"] = webhook_url
        secrets = (transcription.api_key,) if transcription else ()
        await self._v1.call(
            "POST", f"{BOTS}/retranscribe", body=body, secrets=secrets, may_be_empty=True
        )

    async def check(self) -> KeyCheck:
        """What the key is worth: full, sending only, refused. Makes nothing."""
        if not self._v1.has_key:
            return KeyCheck(KeyVerdict.MISSING, f"There is no API key for {self.name} yet.")
        return await check_key(
            self.name,
            lambda: self._v1.get(_LIST, {"limit": 1}),
            lambda: self._collections.call("POST", BOTS, body={}),
        )

    def codec(self, rate_hz: int) -> AudioCodec:
        """A fresh codec for one socket."""
        return MeetingBaasCodec(rate_hz)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._v1.aclose()

    async def _create(self, request: JoinRequest, start: datetime | None) -> str:
        body, mark = marked(join_body(request, start))
        try:
            answer = await self._collections.call(
                "POST", BOTS, body=body, secrets=secrets_of(request)
            )
            # The documentation shows a number where the specification has a UUID (§1.1).
            bot_id = reading.word(reading.mapping(answer).get("bot_id"))
            if not bot_id:
                raise problem_with_reply(self.name, "that it took the bot, but not with which id")
            return bot_id
        except ProviderError as error:
            return await found_or_raise(error, lambda: self._find(mark), self._v1)

    async def _find(self, mark: str) -> str:
        query = _list_query(50, "", {"filter_by_extra": filter_of(mark)})
        answer = await self._v1.get(_LIST, query, repeatable=False)
        for item in _bots(answer):
            if has_mark(item, mark):
                return reading.word(item.get("uuid") or item.get("bot_id"))
        return ""

    async def _has_left(self, provider_bot_id: str) -> bool:
        known = self._board.get(provider_bot_id)
        if known is not None and known.state is not None and known.state.is_final:
            return True
        try:
            found = status_from_data(await self._data(provider_bot_id, with_lines=False))
        except ProviderError:
            return False
        return found.state is not None and found.state.is_final

    async def _data(self, provider_bot_id: str, *, with_lines: bool) -> dict[str, Any]:
        query: Query = {"bot_id": provider_bot_id, "include_transcripts": with_lines}
        return await self._v1.get(f"{BOTS}/meeting_data", query)


def _bots(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return reading.items(answer.get("bots", answer.get("recent_bots")))


def _list_query(limit: int, cursor: str, narrowed: Mapping[str, str]) -> dict[str, str | int]:
    query: dict[str, str | int] = {"limit": limit}
    query |= {name: value for name, value in narrowed.items() if value}
    if cursor:
        query["cursor"] = cursor
    return query


def _path(provider_bot_id: str) -> str:
    return f"{BOTS}/{quote(provider_bot_id, safe='')}"
