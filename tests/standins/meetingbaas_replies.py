"""What the MeetingBaas stand-in says of its bots, in v2's and v1's words."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from speakdesk.domain.clock import to_iso
from tests.standins.meetingbaas_bot import CloudBot

TOKENS = {
    "recording": 0.5,
    "transcription": 0,
    "byok_transcription": 0,
    "streaming_input": 0.05,
    "streaming_output": 0.05,
    "total": 0.6,
}


def platform_of(url: str) -> str:
    return "zoom" if "zoom" in url else "teams" if "teams" in url else "meet"


def moment(at: datetime | None) -> str | None:
    return None if at is None else to_iso(at)


def bot_entry(bot: CloudBot) -> dict[str, Any]:
    """An item of `GET /v2/bots`."""
    url = bot.wish["meeting_url"]
    return {
        "bot_id": bot.bot_id,
        "bot_name": bot.wish["bot_name"],
        "meeting_url": url,
        "meeting_platform": platform_of(url),
        "extra": bot.extra,
        "duration": duration_s(bot),
        "created_at": to_iso(bot.created),
        "ended_at": moment(bot.exited),
        "joined_at": moment(bot.joined),
        "exited_at": moment(bot.exited),
        "status": bot.status,
        "error_code": bot.error_code,
        "error_message": bot.error_message,
        "tokens": TOKENS if bot.is_over else None,
    }


def bot_details(bot: CloudBot, files: dict[str, str]) -> dict[str, Any]:
    """`GET /v2/bots/{id}`."""
    entry = bot_entry(bot)
    del entry["duration"], entry["ended_at"]
    people = [{"name": "Priya", "id": 1}] if bot.joined else []
    names = (
        "video", "audio", "diarization", "raw_transcription", "transcription", "chat_messages",
    )  # fmt: skip
    return {
        **entry,
        "recording_mode": bot.wish.get("recording_mode", "speaker_view"),
        "duration_seconds": duration_s(bot),
        "participants": people,
        "speakers": people,
        "artifacts_deleted": bot.is_deleted,
        **{name: None if bot.is_deleted else files.get(name) for name in names},
        "transcription_ids": None,
        "transcription_provider": None,
        "zoom_config": None,
    }


def scheduled_bot(wish: dict[str, Any]) -> dict[str, Any]:
    """`GET /v2/bots/scheduled/{id}`."""
    now = to_iso(datetime.now(UTC))
    timeouts = wish.get("timeout_config") or {}
    return {
        "bot_id": str(uuid.uuid4()),
        "bot_name": wish["bot_name"],
        "bot_image": None,
        "meeting_url": wish["meeting_url"],
        "meeting_platform": platform_of(wish["meeting_url"]),
        "recording_mode": wish.get("recording_mode", "speaker_view"),
        "join_at": wish["join_at"],
        "status": "scheduled",
        "created_at": now,
        "updated_at": now,
        "cancelled_at": None,
        "allow_multiple_bots": wish.get("allow_multiple_bots", True),
        "entry_message": wish.get("entry_message"),
        "timeout_config": {
            "waiting_room_timeout": timeouts.get("waiting_room_timeout"),
            "no_one_joined_timeout": timeouts.get("no_one_joined_timeout"),
        },
        "transcription_config": None,
        "streaming_config": None,
        "callback_config": None,
        "extra": wish.get("extra"),
        "zoom_config": None,
    }


def v1_data(bot: CloudBot, files: dict[str, str]) -> dict[str, Any]:
    """v1's `GET /bots/meeting_data`."""
    failed = bot.status == "failed"
    words = ": ".join(part for part in (bot.error_code, bot.error_message) if part)
    return {
        "mp4": files.get("video", ""),
        "audio": files.get("audio", ""),
        "meeting_participants_file": "",
        "speaker_diarization_file": files.get("diarization", ""),
        "speaker_diarization_file_network": "",
        "duration": int(duration_s(bot) or 0),
        "bot_data": {
            "bot": {
                "account_id": 1,
                "bot_exited_at": moment(bot.exited),
                "bot_joined_at": moment(bot.joined),
                "bot_name": bot.wish["bot_name"],
                "bot_param_id": 1,
                "created_at": to_iso(bot.created),
                "diarization_v2": True,
                "ended_at": moment(bot.exited),
                "errors": words if failed else None,
                "extra": bot.extra,
                "id": 1,
                "is_stopped": bot.is_over,
                "meeting_url": bot.wish["meeting_url"],
                "mp4_s3_path": "",
                "reserved": False,
                "transcription_custom_parameters": None,
                "uuid": bot.bot_id,
                "webhook_url": bot.wish.get("webhook_url") or "",
            },
            "transcripts": [],
        },
    }


def duration_s(bot: CloudBot) -> float | None:
    if bot.joined is None or bot.exited is None:
        return None
    return round((bot.exited - bot.joined).total_seconds())


def is_create(request: web.Request) -> bool:
    """True for what a Sending key may do."""
    creates = ("/v2/bots", "/v2/bots/batch", "/v2/bots/scheduled", "/bots")
    return request.method == "POST" and request.path.rstrip("/") in creates


def what_is_wrong(wish: Any) -> str:
    """Why a bot cannot be made of this; empty where it can."""
    if not isinstance(wish, dict):
        return "body must be object"
    for name in ("bot_name", "meeting_url"):
        if not wish.get(name):
            return f"body must have required property '{name}'"
    return "" if str(wish["meeting_url"]).startswith("https://") else "body/meeting_url Invalid url"


def fits(extra: Any, query: dict[str, str]) -> bool:
    """The lists' `extra` filter: `key:value`, several with commas."""
    wanted = [pair.partition(":") for pair in query.get("extra", "").split(",") if pair]
    return all(str((extra or {}).get(key)) == value for key, _, value in wanted)


def ok(data: Any, status: int = 200, **beside: Any) -> web.Response:
    return web.json_response({"success": True, "data": data, **beside}, status=status)


def told(message: str) -> web.Response:
    return ok({"message": message})


def envelope_error(
    status: int, code: str, message: str, retry_after_s: int | None = None
) -> web.Response:
    body: dict[str, Any] = {
        "success": False,
        "error": "Rate Limited" if status == 429 else "Error",
        "code": code,
        "statusCode": status,
        "message": message,
    }
    headers = {}
    if retry_after_s is not None:
        body["retryAfter"] = retry_after_s
        headers["retry-after"] = str(retry_after_s)
    return web.json_response(body, status=status, headers=headers)


def not_found(bot_id: str) -> web.HTTPException:
    body = envelope_error(
        404, "FST_ERR_BOT_NOT_FOUND_BY_ID", f"Bot with ID '{bot_id}' not found"
    ).text
    return web.HTTPNotFound(text=body, content_type="application/json")


def reports_of(
    bot: CloudBot, api_key: str
) -> list[tuple[str, dict[str, Any], dict[str, str], str]]:
    """What is reported about a bot's present status: v1 webhooks, or the v2 callback at its end."""
    url = bot.wish.get("webhook_url")
    body: dict[str, Any]
    data: dict[str, Any]
    if url:
        status = {"code": bot.status, "created_at": to_iso(bot.updated)}
        body = {"event": "bot.status_change", "data": {"bot_id": bot.bot_id, "status": status}}
        if bot.is_over:
            event = "complete" if bot.status == "completed" else "failed"
            data = {"bot_id": bot.bot_id, "error": bot.error_code, "message": bot.error_message}
            body = {"event": event, "data": data}
        return [(url, body, {"x-meeting-baas-api-key": api_key}, "POST")]
    callback = bot.wish.get("callback_config") or {}
    if not (callback and bot.is_over):
        return []
    details = bot_details(bot, {})
    data = {
        "bot_id": bot.bot_id,
        "event_id": None,
        "sent_at": to_iso(bot.updated),
    }
    if bot.status == "failed":
        data |= {"error_code": bot.error_code, "error_message": bot.error_message or ""}
    else:
        same = ("participants", "speakers", "duration_seconds", "joined_at", "exited_at")
        files = ("video", "audio", "diarization", "raw_transcription", "transcription")
        data |= {name: details[name] for name in (*same, *files)}
        data |= {"data_deleted": False, "transcription_provider": None, "transcription_ids": None}
    body = {"event": f"bot.{bot.status}", "data": data, "extra": bot.extra}
    headers = {"x-mb-secret": callback["secret"]} if callback.get("secret") else {}
    return [(callback["url"], body, headers, callback.get("method", "POST"))]
