"""A MeetingBaas cloud on loopback: v2 and v1, their bots, files, callbacks, and bad days.

Shapes: contracts/meetingbaas.md §1, §2 and the specifications; a conformance test holds the replies
against them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import aiohttp
from aiohttp import web

from speakdesk.domain.clock import to_iso
from tests.standins.base import Fault, Seen, StandIn
from tests.standins.meetingbaas_bot import CloudBot, Manner
from tests.standins.meetingbaas_calendar import CalendarShelf
from tests.standins.meetingbaas_files import FileShelf
from tests.standins.meetingbaas_replies import (
    bot_details,
    bot_entry,
    envelope_error,
    fits,
    is_create,
    not_found,
    ok,
    reports_of,
    scheduled_bot,
    told,
    v1_data,
    what_is_wrong,
)

NO_SUCH_HOST = "https://api.meetingbaas.invalid"
KEY_HEADER = "x-meeting-baas-api-key"
Answer = Callable[[web.Request, Seen], Awaitable[web.StreamResponse]]


class Trouble(StrEnum):
    """What goes wrong with the service. `WITHOUT_ID` and `LOST` do make the bot."""

    NONE = "none"
    REFUSED_KEY = "refused_key"
    FORBIDDEN_KEY = "forbidden_key"
    SENDING_ONLY = "sending_only"
    NO_TOKENS = "no_tokens"
    ALREADY_EXISTS = "already_exists"
    WRONG_STATE = "wrong_state"
    UNPROCESSABLE = "unprocessable"
    TOO_FAST = "too_fast"
    TOO_FAST_SILENT = "too_fast_silent"
    DAILY_CAP = "daily_cap"
    SERVER_ERROR = "server_error"
    SILENT = "silent"
    DROP = "drop"
    NOT_JSON = "not_json"
    TRUNCATED = "truncated"
    WITHOUT_ID = "without_id"
    LOST = "lost"


REFUSALS: dict[Trouble, tuple[int, str, str]] = {
    Trouble.REFUSED_KEY: (401, "FST_ERR_FORBIDDEN", "Unauthorized"),
    Trouble.FORBIDDEN_KEY: (403, "FST_ERR_FORBIDDEN", "Forbidden"),
    Trouble.NO_TOKENS: (402, "FST_ERR_INSUFFICIENT_TOKENS", "Insufficient tokens"),
    Trouble.ALREADY_EXISTS: (409, "FST_ERR_BOT_ALREADY_EXISTS", "Bot already exists"),
    Trouble.WRONG_STATE: (409, "FST_ERR_BOT_STATUS", "Bot status does not allow this"),
    Trouble.UNPROCESSABLE: (422, "FST_ERR_CHAT_DISABLED", "Chat is disabled"),
    Trouble.TOO_FAST: (429, "FST_ERR_TOO_MANY_REQUESTS", "Rate limit exceeded."),
    Trouble.TOO_FAST_SILENT: (429, "FST_ERR_TOO_MANY_REQUESTS", "Rate limit exceeded."),
    Trouble.DAILY_CAP: (429, "FST_ERR_DAILY_BOT_CAP_REACHED", "Daily bot cap has been reached"),
    Trouble.SERVER_ERROR: (503, "FST_ERR_INTERNAL", "Service unavailable"),
}


_TROUBLE = web.RequestKey("trouble", Trouble)


@dataclass
class MeetingBaasCloud(StandIn):
    """The service. `trouble` holds for the next `troubled` requests that fit `troubled_path`
    and `troubled_method` (empty: all); None means until it is switched off.

    With `api_key` empty every key is right. `manner` is how bots made from now on behave.
    """

    api_key: str = ""
    trouble: Trouble = Trouble.NONE
    troubled: int | None = None
    troubled_path: str = ""
    troubled_method: str = ""
    retry_after_s: int | None = 1
    manner: Manner = field(default_factory=Manner)
    has_slashes: bool | None = None
    bots: dict[str, CloudBot] = field(default_factory=dict)
    scheduled: dict[str, dict[str, Any]] = field(default_factory=dict)
    wishes: dict[str, dict[str, Any]] = field(default_factory=dict)
    calendars: CalendarShelf = field(default_factory=CalendarShelf)
    files: FileShelf = field(default_factory=FileShelf)
    lock_s: float = 240.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._reports: set[asyncio.Task[None]] = set()

    @property
    def tls_url(self) -> str:
        """An https address behind which nobody speaks TLS."""
        return f"https://{self.host}:{self.port}"

    @property
    def live_bots(self) -> list[CloudBot]:
        """The bots that somebody would still find in a meeting."""
        return [bot for bot in self.bots.values() if not bot.is_over]

    async def vanish(self) -> None:
        await asyncio.gather(*(bot.stop() for bot in self.bots.values()))
        for task in self._reports:
            task.cancel()
        await asyncio.gather(*self._reports, return_exceptions=True)
        await super().vanish()

    def refusal(self, fault: Fault) -> web.Response:
        return envelope_error(503, "FST_ERR_INTERNAL", str(fault))

    def routes(self, app: web.Application) -> None:
        for method, path, answer in (
            ("POST", "/v2/bots", self._create),
            ("GET", "/v2/bots", self._list),
            ("POST", "/v2/bots/batch", self._batch),
            ("POST", "/v2/bots/scheduled", self._schedule),
            ("GET", "/v2/bots/scheduled", self._list_scheduled),
            ("GET", "/v2/bots/scheduled/{id}", self._get_scheduled),
            ("PATCH", "/v2/bots/scheduled/{id}", self._change_scheduled),
            ("DELETE", "/v2/bots/scheduled/{id}", self._delete_scheduled),
            ("GET", "/v2/bots/{id}", self._details),
            ("GET", "/v2/bots/{id}/status", self._status),
            ("GET", "/v2/bots/{id}/screenshots", self._screenshots),
            ("POST", "/v2/bots/{id}/leave", self._leave),
            ("POST", "/v2/bots/{id}/send-chat-message", self._chat),
            ("POST", "/v2/bots/{id}/pause-recording", self._pause),
            ("POST", "/v2/bots/{id}/resume-recording", self._resume),
            ("DELETE", "/v2/bots/{id}/delete-data", self._delete_data),
            ("PATCH", "/v2/bots/{id}/update-config", self._update),
            ("POST", "/v2/bots/{id}/resend-webhook", self._again),
            ("POST", "/v2/bots/{id}/retry-callback", self._again),
            ("POST", "/bots", self._v1_create),
            ("GET", "/bots/meeting_data", self._v1_data),
            ("GET", "/bots/bots_with_metadata", self._v1_list),
            ("DELETE", "/bots/{id}", self._v1_leave),
            ("POST", "/bots/{id}/delete_data", self._v1_delete_data),
            *self.calendars.routes(),
        ):
            for form in (path, f"{path}/"):
                app.router.add_route(method, form, self.http(self._with_key(answer)))
        app.router.add_get("/files/{id}/{name}", self.files.answer)

    async def stumble(self, request: web.Request) -> web.Response | None:
        if self.has_slashes is not None and request.path.endswith("/") != self.has_slashes:
            raise web.HTTPNotFound(text='{"error":"Not found"}', content_type="application/json")
        trouble = self._next_trouble(request)
        request[_TROUBLE] = trouble
        if trouble in REFUSALS:
            status, code, message = REFUSALS[trouble]
            wait_s = self.retry_after_s if trouble is Trouble.TOO_FAST else None
            return envelope_error(status, code, message, wait_s)
        if trouble is Trouble.SENDING_ONLY and not is_create(request):
            return envelope_error(403, "FST_ERR_FORBIDDEN", "Forbidden")
        if trouble is Trouble.SILENT:
            await self.silence()
        if trouble is Trouble.DROP and request.transport is not None:
            request.transport.abort()
            return envelope_error(*REFUSALS[Trouble.SERVER_ERROR])
        if trouble is Trouble.NOT_JSON:
            return web.Response(
                text="<html><title>Sign in</title></html>", content_type="text/html"
            )
        if trouble is Trouble.TRUNCATED:
            return web.Response(
                text='{"success":true,"data":{"bot_', content_type="application/json"
            )
        return None

    def begin(self, bot_id: str) -> CloudBot:
        """A scheduled bot's time has come: it joins, under the same id."""
        self.scheduled[bot_id]["status"] = "completed"
        wish = self.wishes[bot_id]
        streaming = wish.get("streaming_config") or {}
        rate_hz = streaming.get("audio_frequency") or 24000
        return self._make(wish, streaming.get("output_url") or "", rate_hz, bot_id)

    async def webhook(
        self, url: str, body: dict[str, Any], headers: dict[str, str], method: str = "POST"
    ) -> int:
        """Report something; returns the status our side answered with."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, json=body, headers=headers) as response,
        ):
            return response.status

    def _next_trouble(self, request: web.Request) -> Trouble:
        fits = self.troubled_path in request.path and self.troubled_method in ("", request.method)
        if self.trouble is Trouble.NONE or not fits or request.path.startswith("/files/"):
            return Trouble.NONE
        if self.troubled is not None:
            if self.troubled == 0:
                return Trouble.NONE
            self.troubled -= 1
        return self.trouble

    def _with_key(self, answer: Answer) -> Answer:
        async def check(request: web.Request, seen: Seen) -> web.StreamResponse:
            given = request.headers.get(KEY_HEADER, "")
            if not given:
                return envelope_error(401, "FST_ERR_FORBIDDEN", "Unauthorized")
            if self.api_key and given != self.api_key:
                return envelope_error(401, "FST_ERR_FORBIDDEN", "Unauthorized")
            return await answer(request, seen)

        return check

    def _make(self, wish: dict[str, Any], url: str, rate_hz: int, bot_id: str = "") -> CloudBot:
        bot = CloudBot(wish, url, rate_hz, self.manner, self.happened, self._report)
        bot.bot_id = bot_id or bot.bot_id
        self.bots[bot.bot_id] = bot
        bot.start()
        return bot

    async def _report(self, bot: CloudBot) -> None:
        for url, body, headers, method in reports_of(bot, self.api_key):
            task = asyncio.create_task(self._send_report(url, body, headers, method))
            self._reports.add(task)
            task.add_done_callback(self._reports.discard)

    async def _send_report(
        self, url: str, body: dict[str, Any], headers: dict[str, str], method: str
    ) -> None:
        try:
            await self.webhook(url, body, headers, method)
        except (aiohttp.ClientError, OSError):
            return

    def _bot(self, request: web.Request) -> CloudBot:
        bot = self.bots.get(request.match_info["id"])
        if bot is None:
            raise not_found(request.match_info["id"])
        return bot

    async def _create(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        wrong = what_is_wrong(seen.body)
        if wrong:
            return envelope_error(400, "FST_ERR_VALIDATION", wrong)
        wish = seen.body
        if wish.get("allow_multiple_bots") is False and any(
            bot.wish.get("meeting_url") == wish["meeting_url"] for bot in self.live_bots
        ):
            return envelope_error(*REFUSALS[Trouble.ALREADY_EXISTS])
        streaming = wish.get("streaming_config") or {}
        rate_hz = streaming.get("audio_frequency") or 24000
        bot = self._make(wish, streaming.get("output_url") or "", rate_hz)
        if request[_TROUBLE] is Trouble.WITHOUT_ID:
            return web.json_response({"success": True, "data": {}}, status=201)
        if request[_TROUBLE] is Trouble.LOST and request.transport is not None:
            request.transport.abort()
        return ok({"bot_id": bot.bot_id}, 201)

    async def _batch(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        data, errors = [], []
        for index, wish in enumerate(seen.body):
            extra = wish.get("extra")
            wrong = what_is_wrong(wish)
            if wrong:
                item = {"index": index, "code": "INVALID_MEETING_PLATFORM", "message": wrong}
                errors.append({**item, "details": None, "extra": extra})
                continue
            bot = self._make(wish, "", 24000)
            data.append({"index": index, "bot_id": bot.bot_id, "extra": extra})
        return ok(data, 201, errors=errors)

    async def _list(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        found = [bot for bot in reversed(self.bots.values()) if fits(bot.extra, seen.query)]
        entries = [bot_entry(bot) for bot in found[: int(seen.query.get("limit", 50))]]
        return ok(entries, cursor=None, prev_cursor=None)

    async def _details(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        bot = self._bot(request)
        return ok(bot_details(bot, self.files.urls(self.url, bot.bot_id) if bot.is_over else {}))

    async def _status(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        bot = self._bot(request)
        words = {"status": bot.status, "transcription_status": "not-applicable"}
        return ok({"bot_id": bot.bot_id, **words, "updated_at": to_iso(bot.updated)})

    async def _screenshots(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        self._bot(request)
        return ok([], cursor=None, prev_cursor=None)

    async def _leave(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        waiting = self.scheduled.get(request.match_info["id"])
        if waiting is not None and waiting["status"] == "scheduled":
            waiting["status"] = "cancelled"
            return told("Bot leave request sent successfully.")
        bot = self._bot(request)
        if bot.is_over:
            return envelope_error(*REFUSALS[Trouble.WRONG_STATE])
        await bot.leave()
        return told("Bot leave request sent successfully.")

    async def _chat(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        bot = self._bot(request)
        if not bot.status.startswith(("in_call", "recording_")):
            return envelope_error(*REFUSALS[Trouble.WRONG_STATE])
        bot.chat.append(seen.body["message"])
        return told("Chat message sent successfully.")

    async def _pause(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        return self._move(request, ("in_call_recording", "recording_resumed"), "recording_paused")

    async def _resume(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        return self._move(request, ("recording_paused",), "recording_resumed")

    def _move(
        self, request: web.Request, allowed: tuple[str, ...], status: str
    ) -> web.StreamResponse:
        bot = self._bot(request)
        if bot.status not in allowed:
            return envelope_error(*REFUSALS[Trouble.WRONG_STATE])
        bot.status, bot.updated = status, datetime.now(UTC)
        return told("Done.")

    async def _delete_data(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        bot = self._bot(request)
        bot.is_deleted = True
        return told("Bot data deleted.")

    async def _update(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        bot = self._bot(request)
        extra = seen.body["extra"]
        bot.extra = None if extra is None else {**(bot.extra or {}), **extra}
        return told("Bot configuration updated.")

    async def _again(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        bot = self._bot(request)
        if not bot.is_over:
            return envelope_error(*REFUSALS[Trouble.WRONG_STATE])
        if seen.path.endswith("retry-callback"):
            if not (bot.wish.get("callback_config") or seen.body):
                return envelope_error(409, "FST_ERR_CALLBACK_NOT_CONFIGURED", "No callback")
            await self._report(bot)
        return told("Sent.")

    async def _schedule(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        wrong = what_is_wrong(seen.body)
        if wrong:
            return envelope_error(400, "FST_ERR_VALIDATION", wrong)
        entry = scheduled_bot(seen.body)
        self.scheduled[entry["bot_id"]] = entry
        self.wishes[entry["bot_id"]] = seen.body
        if request[_TROUBLE] is Trouble.LOST and request.transport is not None:
            request.transport.abort()
        return ok({"bot_id": entry["bot_id"]}, 201)

    async def _list_scheduled(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        names = (
            "bot_id", "bot_name", "meeting_url", "meeting_platform", "join_at", "status", "extra",
            "created_at", "updated_at",
        )  # fmt: skip
        found = [entry for entry in self.scheduled.values() if fits(entry["extra"], seen.query)]
        items = [{name: entry[name] for name in names} for entry in found]
        return ok(items, cursor=None, prev_cursor=None)

    async def _get_scheduled(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        return ok(self._entry(request))

    async def _change_scheduled(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        entry = self._entry(request)
        if self._is_locked(entry):
            return envelope_error(*REFUSALS[Trouble.WRONG_STATE])
        entry |= {name: value for name, value in seen.body.items() if name in entry}
        self.wishes[entry["bot_id"]] |= seen.body
        return told("Scheduled bot updated.")

    async def _delete_scheduled(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        entry = self._entry(request)
        if self._is_locked(entry):
            return envelope_error(*REFUSALS[Trouble.WRONG_STATE])
        entry["status"] = "cancelled"
        return told("Scheduled bot cancelled.")

    def _entry(self, request: web.Request) -> dict[str, Any]:
        entry = self.scheduled.get(request.match_info["id"])
        if entry is None:
            raise not_found(request.match_info["id"])
        return entry

    def _is_locked(self, entry: dict[str, Any]) -> bool:
        left_s = (datetime.fromisoformat(entry["join_at"]) - datetime.now(UTC)).total_seconds()
        return entry["status"] != "scheduled" or left_s < self.lock_s

    async def _v1_create(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        wrong = what_is_wrong(seen.body)
        if wrong:
            return web.json_response({"error": wrong}, status=422)
        wish = seen.body
        key = wish.get("deduplication_key")
        if any(
            bot.wish["meeting_url"] == wish["meeting_url"]
            and bot.wish.get("deduplication_key") == key
            for bot in self.live_bots
        ):
            return web.json_response({"error": "Bot already joined this meeting"}, status=409)
        streaming = wish.get("streaming") or {}
        rate_hz = 16000 if streaming.get("audio_frequency") == "16khz" else 24000
        bot = self._make(wish, streaming.get("output") or "", rate_hz)
        if request[_TROUBLE] is Trouble.WITHOUT_ID:
            return web.json_response({})
        if request[_TROUBLE] is Trouble.LOST and request.transport is not None:
            request.transport.abort()
        return web.json_response({"bot_id": bot.bot_id})

    async def _v1_data(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        bot = self.bots.get(seen.query.get("bot_id", ""))
        if bot is None:
            return web.json_response({"error": "Bot not found"}, status=404)
        return web.json_response(
            v1_data(bot, self.files.urls(self.url, bot.bot_id) if bot.is_over else {})
        )

    async def _v1_list(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        query = {"extra": seen.query.get("filter_by_extra", "")}
        found = [bot for bot in reversed(self.bots.values()) if fits(bot.extra, query)]
        entries = [
            {
                "uuid": bot.bot_id,
                "id": number,
                "bot_name": bot.wish["bot_name"],
                "meeting_url": bot.wish["meeting_url"],
                "created_at": to_iso(bot.created),
                "extra": bot.extra,
                "speakers": [],
            }
            for number, bot in enumerate(found)
        ]
        return web.json_response({"bots": entries})

    async def _v1_leave(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        bot = self.bots.get(request.match_info["id"])
        if bot is None or bot.is_over:
            return web.json_response({"error": "Bot not found"}, status=404)
        await bot.leave()
        return web.json_response({"ok": True})

    async def _v1_delete_data(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        bot = self.bots.get(request.match_info["id"])
        if bot is None:
            return web.Response(status=404)
        word, bot.is_deleted = ("alreadyDeleted" if bot.is_deleted else "deleted"), True
        return web.json_response({"ok": True, "status": word})
