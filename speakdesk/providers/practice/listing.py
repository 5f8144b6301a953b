"""The practice room's bots as v2 lists and describes them (contracts/meetingbaas.md §2.2, §2.5)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from speakdesk.domain.clock import from_iso, to_iso
from speakdesk.providers.practice.bot import SimulatedBot
from speakdesk.providers.practice.envelope import invalid
from speakdesk.providers.practice.person import RoomPerson

_TOKENS_AN_HOUR = 1.0
_STREAMING_TOKENS_AN_HOUR = 0.1
_MOMENTS = ("created_after", "created_before", "ended_after")
_DEFAULT_LIMIT, _LARGEST_LIMIT = 50, 250


def describe(bot: SimulatedBot, people: Iterable[RoomPerson]) -> dict[str, Any]:
    """The `data` of `GET /v2/bots/{bot_id}`. There is nothing to download from a practice room."""
    participants = [{"name": person.name, "id": person.number} for person in people]
    return {
        **_common(bot),
        "recording_mode": bot.order.recording_mode,
        "duration_seconds": _duration_s(bot),
        "participants": participants if bot.joined else [],
        "speakers": [],
        "artifacts_deleted": False,
        "video": None,
        "audio": None,
        "diarization": None,
        "raw_transcription": None,
        "transcription": None,
        "chat_messages": None,
        "transcription_ids": None,
        "transcription_provider": None,
        "zoom_config": None,
    }


def page_of(
    bots: list[SimulatedBot], query: Mapping[str, str]
) -> tuple[list[dict[str, Any]], str | None, str | None]:
    """The bots a list request asks for, the newest first, and the cursors on and back.

    Raises V2Refusal (400) on a limit, cursor or moment that is none.
    """
    limit = _limit(query.get("limit"))
    start = _start(query.get("cursor"))
    moments = {key: _asked(query, key) for key in _MOMENTS}
    found = [bot for bot in reversed(bots) if _fits(bot, query) and _fits_moments(bot, moments)]
    page = found[start : start + limit]
    after = _cursor(start + limit) if start + limit < len(found) else None
    before = _cursor(max(0, start - limit)) if start > 0 else None
    return [_list_item(bot) for bot in page], after, before


def platform_of(meeting_url: str) -> str:
    """v2 knows three platforms; a practice meeting passes for Google Meet."""
    host = urlsplit(meeting_url).hostname or ""
    if host.endswith(("zoom.us", "zoomgov.com")):
        return "zoom"
    return "teams" if host.startswith("teams.") else "meet"


def _common(bot: SimulatedBot) -> dict[str, Any]:
    return {
        "bot_id": bot.bot_id,
        "bot_name": bot.name,
        "meeting_url": bot.order.meeting_url,
        "meeting_platform": platform_of(bot.order.meeting_url),
        "status": bot.status,
        "created_at": to_iso(bot.created),
        "joined_at": _iso(bot.joined),
        "exited_at": _iso(bot.exited),
        "error_code": bot.error_code or None,
        "error_message": bot.error_message or None,
        "tokens": _tokens(bot),
        "extra": None if bot.order.extra is None else dict(bot.order.extra),
    }


def _list_item(bot: SimulatedBot) -> dict[str, Any]:
    return {
        **_common(bot),
        "duration": _duration_s(bot),
        "ended_at": to_iso(bot.updated) if bot.finished.is_set() else None,
    }


def _duration_s(bot: SimulatedBot) -> float | None:
    if bot.joined is None or bot.exited is None:
        return None
    return round((bot.exited - bot.joined).total_seconds(), 3)


def _tokens(bot: SimulatedBot) -> dict[str, float] | None:
    seconds = _duration_s(bot)
    if seconds is None:
        return None
    hours = seconds / 3600
    recording = round(hours * _TOKENS_AN_HOUR, 6)
    into = round(hours * _STREAMING_TOKENS_AN_HOUR, 6) if bot.order.input_url else 0.0
    out = round(hours * _STREAMING_TOKENS_AN_HOUR, 6) if bot.order.output_url else 0.0
    return {
        "recording": recording,
        "transcription": 0.0,
        "byok_transcription": 0.0,
        "streaming_input": into,
        "streaming_output": out,
        "total": round(recording + into + out, 6),
    }


def _fits(bot: SimulatedBot, query: Mapping[str, str]) -> bool:
    name = query.get("bot_name")
    if name and name.lower() not in bot.name.lower():
        return False
    for key, value in (("bot_id", bot.bot_id), ("meeting_url", bot.order.meeting_url)):
        if query.get(key) and query[key] != value:
            return False
    for key, value in (
        ("status", bot.status),
        ("meeting_platform", platform_of(bot.order.meeting_url)),
    ):
        if query.get(key) and value not in query[key].split(","):
            return False
    extra = bot.order.extra or {}
    for pair in filter(None, query.get("extra", "").split(",")):
        key, _, wanted = pair.partition(":")
        if str(extra.get(key)) != wanted:
            return False
    return True


def _fits_moments(bot: SimulatedBot, moments: Mapping[str, datetime | None]) -> bool:
    after, before = moments["created_after"], moments["created_before"]
    if (after and bot.created < after) or (before and bot.created > before):
        return False
    ended_after = moments["ended_after"]
    return not (ended_after and not (bot.finished.is_set() and bot.updated >= ended_after))


def _asked(query: Mapping[str, str], key: str) -> datetime | None:
    text = query.get(key)
    if not text:
        return None
    try:
        return from_iso(text)
    except ValueError:
        raise invalid(f"querystring/{key} Invalid ISO datetime") from None


def _limit(text: str | None) -> int:
    if not text:
        return _DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= _LARGEST_LIMIT:
        raise invalid(f"querystring/limit must be a number from 1 to {_LARGEST_LIMIT}")
    return int(text)


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode()


def _start(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(cursor).decode().partition(":")
        if word == "from" and int(number) >= 0:
            return int(number)
    except (binascii.Error, ValueError):
        pass
    raise invalid("querystring/cursor Invalid cursor")


def _iso(at: datetime | None) -> str | None:
    return None if at is None else to_iso(at)
