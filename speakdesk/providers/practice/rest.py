"""MeetingBaas v2's operations over the practice room (contracts/meetingbaas.md §2.2).

Every path answers with and without a trailing slash, without a redirect, and ignores a body on GET
and DELETE (§5.3).
"""

from __future__ import annotations

import hmac
import json
import uuid
from datetime import timedelta
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from loguru import logger
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from speakdesk.domain.clock import to_iso
from speakdesk.providers.practice import envelope
from speakdesk.providers.practice.bot import BotOrder, SimulatedBot
from speakdesk.providers.practice.envelope import V2Refusal, ok
from speakdesk.providers.practice.listing import describe, page_of
from speakdesk.providers.practice.orders import CreateBot, checked, checked_chat
from speakdesk.providers.practice.room import PracticeRoom
from speakdesk.providers.practice.scenario import Fault

API_KEY_HEADER = "x-meeting-baas-api-key"
_ONE_BOT_FOR = timedelta(minutes=5)
_LARGEST_BODY = 1_000_000


def build_app(room: PracticeRoom, api_key: str = "") -> FastAPI:
    """The application. With `api_key` a request without it gets 401, one with another 403."""
    app = FastAPI(
        title="SpeakDesk practice room",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    doors = _Doors(room)
    for method, path, operation in (
        ("POST", "/v2/bots", doors.create),
        ("GET", "/v2/bots", doors.list),
        ("GET", "/v2/bots/{bot_id}", doors.details),
        ("GET", "/v2/bots/{bot_id}/status", doors.status),
        ("POST", "/v2/bots/{bot_id}/leave", doors.leave),
        ("POST", "/v2/bots/{bot_id}/send-chat-message", doors.send_chat),
    ):
        for form in (path, f"{path}/"):
            app.add_api_route(form, operation, methods=[method], response_model=None)

    async def on_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, V2Refusal)
        return error.response()

    async def on_http(request: Request, error: Exception) -> Response:
        return envelope.no_such_route(request.method, request.url.path).response()

    async def on_crash(request: Request, error: Exception) -> Response:
        logger.opt(exception=error).error("the practice server failed on {}", request.method)
        return envelope.broke_down().response()

    app.add_exception_handler(V2Refusal, on_refusal)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_crash)
    app.add_middleware(_Door, room=room, api_key=api_key)
    return app


class _Door:
    """Looks at every request first: faults that were asked for, then the key."""

    def __init__(self, app: ASGIApp, room: PracticeRoom, api_key: str) -> None:
        self._app = app
        self._room = room
        self._api_key = api_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fault = self._room.scenario.take_fault(scope["method"], scope["path"])
        if fault is not None:
            await _fail(fault, scope, receive, send)
            return
        refusal = self._refusal(scope)
        await (refusal.response() if refusal else self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> V2Refusal | None:
        if not self._api_key:
            return None
        given = Request(scope).headers.get(API_KEY_HEADER, "")
        if not given:
            return envelope.unauthorized()
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            return envelope.forbidden()
        return None


async def _fail(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    if fault.drop:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"success":', "more_body": False})
        return
    if fault.body is not None:
        await Response(fault.body, fault.http_status)(scope, receive, send)
        return
    body: dict[str, Any] = {
        "success": False,
        "error": "Rate Limited" if fault.http_status == 429 else "Error",
        "code": fault.code,
        "statusCode": fault.http_status,
        "message": fault.message,
    }
    headers_out: dict[str, str] = {}
    if fault.retry_after_s is not None:
        body["retryAfter"] = fault.retry_after_s
        headers_out["retry-after"] = str(fault.retry_after_s)
    await JSONResponse(body, fault.http_status, headers_out)(scope, receive, send)


class _Doors:
    """The operations."""

    def __init__(self, room: PracticeRoom) -> None:
        self._room = room

    async def create(self, request: Request) -> Response:
        wish = checked(CreateBot, await _json(request))
        if not wish.allow_multiple_bots and self._has_fresh_bot(wish.meeting_url):
            raise envelope.already_there()
        streaming = wish.streaming_config if wish.streaming_enabled else None
        bot = self._room.add_bot(
            BotOrder(
                bot_id=str(uuid.uuid4()),
                name=wish.bot_name,
                meeting_url=wish.meeting_url,
                output_url=(streaming.output_url if streaming else None) or "",
                input_url=(streaming.input_url if streaming else None) or "",
                rate_hz=(streaming.audio_frequency if streaming else None) or 24000,
                entry_message=wish.entry_message or "",
                extra=wish.extra,
                recording_mode=wish.recording_mode,
                waiting_room_timeout_s=wish.timeout_config.waiting_room_timeout,
                no_one_joined_timeout_s=wish.timeout_config.no_one_joined_timeout,
            )
        )
        return ok({"bot_id": bot.bot_id}, 201)

    async def list(self, request: Request) -> Response:
        bots, cursor, previous = page_of(list(self._room.bots.values()), request.query_params)
        return ok(bots, cursor=cursor, prev_cursor=previous)

    async def details(self, request: Request) -> Response:
        return ok(describe(self._bot(request), self._room.people.values()))

    async def status(self, request: Request) -> Response:
        bot = self._bot(request)
        return ok(
            {
                "bot_id": bot.bot_id,
                "status": bot.status,
                "transcription_status": "not-applicable",
                "updated_at": to_iso(bot.updated),
            }
        )

    async def leave(self, request: Request) -> Response:
        bot = self._bot(request)
        if not bot.leave():
            raise envelope.wrong_state(bot.status)
        return ok({"message": "Bot leave request sent successfully."})

    async def send_chat(self, request: Request) -> Response:
        bot = self._bot(request)
        message = checked_chat(await _json(request))
        if not bot.is_in_call:
            raise envelope.wrong_state(bot.status)
        if self._room.scenario.chat_disabled:
            raise envelope.chat_is_off()
        self._room.write(bot.name, message, from_bot=True)
        return ok({"message": "Chat message sent successfully."})

    def _bot(self, request: Request) -> SimulatedBot:
        bot_id = str(request.path_params["bot_id"])
        try:
            uuid.UUID(bot_id)
        except ValueError:
            raise envelope.invalid("params/bot_id Invalid UUID") from None
        bot = self._room.bots.get(bot_id.lower())
        if bot is None:
            raise envelope.no_such_bot(bot_id)
        return bot

    def _has_fresh_bot(self, meeting_url: str) -> bool:
        since = self._room.clock.now() - _ONE_BOT_FOR
        return any(
            bot.order.meeting_url == meeting_url and (bot.is_live or bot.created > since)
            for bot in self._room.bots.values()
        )


async def _json(request: Request) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("", "application/json") and not kind.endswith("+json"):
        raise V2Refusal(
            415,
            "Unsupported Media Type",
            "FST_ERR_CTP_INVALID_MEDIA_TYPE",
            f"Unsupported Media Type: {kind}",
        )
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST_BODY:
            raise V2Refusal(
                413, "Payload Too Large", "FST_ERR_CTP_BODY_TOO_LARGE", "Request body is too large"
            )
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise envelope.invalid("Body is not valid JSON") from None
