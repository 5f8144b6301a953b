"""What MeetingBaas reports by itself: proven, read, and as typed events.

v1 webhooks, v2 account webhooks (SVIX) and v2 per-bot callbacks (contracts/meetingbaas.md §4).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from speakdesk.domain.aftermath import Aftermath
from speakdesk.domain.bot import BotState
from speakdesk.domain.calendar import CalendarConnection, CalendarEvent
from speakdesk.domain.clock import Clock, SystemClock
from speakdesk.domain.errors import Reason
from speakdesk.providers.base import ProviderStatus
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.artifacts import V1_LASTS, V2_LASTS, read_aftermath
from speakdesk.providers.meetingbaas.calendar_replies import read_connection, read_series
from speakdesk.providers.meetingbaas.http import API_KEY_HEADER
from speakdesk.providers.meetingbaas.signatures import (
    CALLBACK_HEADER,
    SvixVerifier,
    WebhookRefused,
    has_api_key,
    has_callback_secret,
    lowered,
)
from speakdesk.providers.meetingbaas.statuses import status_of

_LARGEST_BODY = 32 * 1024 * 1024


class Proof(StrEnum):
    """What showed that an event is genuine; NONE where only the address was secret."""

    API_KEY = "api_key"
    CALLBACK_SECRET = "callback_secret"
    SIGNATURE = "signature"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """Anything that arrived. `kind` is the vendor's name of it; `raw` is all of it, unread.

    `extra` is what the bot was sent with; `delivery_id` is the same when it is sent again.
    """

    kind: str
    provider_bot_id: str = ""
    at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    event_id: str = ""
    proof: Proof = Proof.NONE
    delivery_id: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BotReported(WebhookEvent):
    """A bot's state changed, or it came to its end."""

    status: ProviderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class BotEnded(BotReported):
    """A bot is through and its files are there (`bot.completed`, v1 `complete`)."""

    aftermath: Aftermath


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReported(WebhookEvent):
    """Somebody wrote into the meeting's chat; a bot's own messages are never reported."""

    sender: str
    text: str = field(repr=False)
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptReported(WebhookEvent):
    """The provider's transcript was made, or made again (v1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarReported(WebhookEvent):
    """A calendar or its events changed. `is_gone` where the calendar is no longer connected."""

    connection: CalendarConnection
    events: tuple[CalendarEvent, ...] = ()
    event_ids: tuple[str, ...] = ()
    is_gone: bool = False


class WebhookReader:
    """Takes what arrives at our door: proves it, then reads it.

    Each secret proves its own kind. What carries no proof is refused as soon as any secret is set;
    `accept_unsigned` lets SVIX-signed events in where no signing secret is set, and what carries
    nothing at all, both with `Proof.NONE`.
    """

    def __init__(
        self,
        *,
        api_key: str = "",
        callback_secret: str = "",
        signing_secret: str = "",
        accept_unsigned: bool = False,
        clock: Clock | None = None,
    ) -> None:
        """Raises ValueError where the signing secret is none."""
        self._api_key = api_key
        self._callback_secret = callback_secret
        self._svix = SvixVerifier(signing_secret) if signing_secret.strip() else None
        self._accept_unsigned = accept_unsigned
        self._clock = clock or SystemClock()

    def read(
        self, headers: Mapping[str, str], body: bytes, *, callback_secret: str = ""
    ) -> WebhookEvent:
        """The event. `callback_secret` is that of the one bot the address is for, where there is.

        Raises WebhookRefused.
        """
        if len(body) > _LARGEST_BODY:
            raise WebhookRefused("it is too large", 413)
        named = lowered(headers)
        proof, delivery_id = self._prove(named, body, callback_secret or self._callback_secret)
        try:
            event = parse_webhook(body, self._clock.now())
        except WebhookRefused:
            if self._svix is not None and delivery_id:
                self._svix.forget(delivery_id)
            raise
        return replace(event, proof=proof, delivery_id=delivery_id)

    def _prove(
        self, named: Mapping[str, str], body: bytes, callback_secret: str
    ) -> tuple[Proof, str]:
        if any(name.startswith(("svix-", "webhook-")) for name in named):
            if self._svix is not None:
                return Proof.SIGNATURE, self._svix.verify(named, body, self._clock.now())
            if self._accept_unsigned:
                return Proof.NONE, named.get("svix-id", "")
            raise WebhookRefused("it is signed, and there is no signing secret to check it with")
        if CALLBACK_HEADER in named:
            if has_callback_secret(named, callback_secret):
                return Proof.CALLBACK_SECRET, ""
            raise WebhookRefused("the callback's secret does not fit")
        if API_KEY_HEADER in named:
            if has_api_key(named, self._api_key):
                return Proof.API_KEY, ""
            raise WebhookRefused("the API key in the header does not fit")
        if self._accept_unsigned:
            return Proof.NONE, ""
        raise WebhookRefused("it carries no proof of where it comes from")


def parse_webhook(body: bytes | str, now: datetime) -> WebhookEvent:
    """Read an event of either version; an unknown one keeps its `raw`.

    Raises WebhookRefused (400) for what is no JSON object with an event's name.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as e:
        raise WebhookRefused("it is not JSON", 400) from e
    if not isinstance(data, dict):
        raise WebhookRefused("it is no JSON object", 400)
    kind = reading.text(data.get("event") or data.get("type"))
    if not kind:
        raise WebhookRefused("it names no event", 400)
    try:
        return _read(kind, data, now)
    except RecursionError as e:
        raise WebhookRefused("it is nested too deeply", 400) from e


def _read(kind: str, raw: Mapping[str, Any], now: datetime) -> WebhookEvent:
    data = reading.mapping(raw.get("data"))
    status = reading.mapping(data.get("status"))
    at = _first_moment(
        status.get("created_at"),
        data.get("sent_at"),
        data.get("updated_at"),
        data.get("deleted_at"),
        data.get("created_at"),
        data.get("last_updated_ts"),
    )
    base = WebhookEvent(
        kind=kind,
        provider_bot_id=reading.word(data.get("bot_id")),
        at=at,
        extra=reading.mapping(raw.get("extra")) or reading.mapping(data.get("extra")),
        event_id=reading.word(data.get("event_id") or data.get("event_uuid")),
        raw=raw,
    )
    name = kind.lower()
    if name == "bot.status_change":
        return _as(BotReported, base, status=_changed(data, at))
    if name in ("bot.completed", "complete"):
        return _completed(base, data, now)
    if name in ("bot.failed", "failed"):
        code = reading.text(data.get("error_code")) or reading.text(data.get("error"))
        words = reading.text(data.get("error_message")) or reading.text(data.get("message"))
        return _as(BotReported, base, status=status_of("failed", code, words, at))
    if name == "bot.chat_message":
        return _as(
            ChatReported,
            base,
            sender=reading.text(data.get("sender_name")),
            text=reading.text(data.get("text")),
            message_id=reading.word(data.get("message_id")),
        )
    if name in ("transcription_complete", "bot.transcription_complete"):
        return _as(TranscriptReported, base)
    if name.startswith("calendar."):
        return _calendar(name, base, data)
    return base


def _changed(data: Mapping[str, Any], at: datetime | None) -> ProviderStatus:
    value = data.get("status")
    status = reading.mapping(value)
    code = reading.text(value) or reading.text(status.get("code"))
    trouble = reading.text(status.get("error_type")) or reading.text(status.get("error_code"))
    return status_of(code, trouble, reading.text(status.get("error_message")), at)


def _completed(base: WebhookEvent, data: Mapping[str, Any], now: datetime) -> WebhookEvent:
    lasts = V1_LASTS if base.kind == "complete" else V2_LASTS
    code = reading.text(data.get("error_code"))
    status = status_of("completed", code, reading.text(data.get("error_message")), base.at)
    if status.problem is not None and status.problem.reason is Reason.CRASHED:
        # A code nobody knows beside a completed bot is no failure of it.
        status = replace(status, problem=None)
    aftermath = replace(
        read_aftermath(data, now, lasts=lasts, is_complete=True),
        raw="completed",
        problem=status.problem,
    )
    return _as(BotEnded, base, status=status, aftermath=aftermath)


def _calendar(name: str, base: WebhookEvent, data: Mapping[str, Any]) -> WebhookEvent:
    groups = reading.items(data.get("events")) or [data]
    calendar_id = reading.word(data.get("calendar_id"))
    events = tuple(
        replace(event, calendar_id=event.calendar_id or calendar_id)
        for group in groups
        for event in read_series(group).events
    )
    named = reading.texts(data.get("affected_event_uuids"))
    connection = read_connection(data)
    if name == "calendar.connection_error" and connection.problem is None:
        connection = read_connection({**data, "status": "error"})
    return _as(
        CalendarReported,
        base,
        connection=connection,
        events=events,
        event_ids=named or tuple(event.event_id for event in events),
        is_gone=name == "calendar.connection_deleted",
    )


def _as(kind: type[WebhookEvent], base: WebhookEvent, **more: Any) -> WebhookEvent:
    return kind(
        kind=base.kind,
        provider_bot_id=base.provider_bot_id,
        at=base.at,
        extra=base.extra,
        event_id=base.event_id,
        raw=base.raw,
        **more,
    )


def _first_moment(*values: Any) -> datetime | None:
    return next((at for value in values if (at := reading.moment(value)) is not None), None)


class StatusBoard:
    """The last word about each bot, as webhooks bring it: what v1 has instead of a status call.

    An earlier word that arrives late changes nothing, and an end stays an end.
    """

    def __init__(self, longest: int = 1000) -> None:
        self._longest = longest
        self._known: dict[str, ProviderStatus] = {}

    def note(self, event: WebhookEvent) -> bool:
        """Take an event into account. Returns True where it changed what is known."""
        if not isinstance(event, BotReported) or not event.provider_bot_id:
            return False
        return self.put(event.provider_bot_id, event.status)

    def put(self, provider_bot_id: str, status: ProviderStatus) -> bool:
        """Take a status into account. Returns True where it changed what is known."""
        known = self._known.get(provider_bot_id)
        if known is not None and not _replaces(status, known):
            return False
        self._known.pop(provider_bot_id, None)
        self._known[provider_bot_id] = status
        while len(self._known) > self._longest:
            del self._known[next(iter(self._known))]
        return True

    def get(self, provider_bot_id: str) -> ProviderStatus | None:
        """The last word, None where there is none."""
        return self._known.get(provider_bot_id)


def _replaces(new: ProviderStatus, known: ProviderStatus) -> bool:
    is_late = new.at is not None and known.at is not None and new.at < known.at
    is_end = new.state in (BotState.ENDED, BotState.FAILED)
    if known.state in (BotState.ENDED, BotState.FAILED):
        # "failed" and "completed" explain the end that came before them.
        return is_end and not is_late and (known.state is BotState.ENDED or bool(new.problem))
    return is_end or not is_late
