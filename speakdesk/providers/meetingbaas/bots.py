"""Bots of MeetingBaas v2: send, follow, steer, leave, tidy up (contracts/meetingbaas.md §2.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from speakdesk.domain.bot import BotState
from speakdesk.domain.calendar import Page
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import ProviderError
from speakdesk.domain.join import CallbackOptions
from speakdesk.providers.base import JoinRequest, ProviderStatus
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.bodies import (
    LONGEST_MESSAGE,
    callback_body,
    create_body,
    secrets_of,
)
from speakdesk.providers.meetingbaas.errors import Refusal, problem_with_reply
from speakdesk.providers.meetingbaas.http import Conversation
from speakdesk.providers.meetingbaas.lost import filter_of, found_or_raise, has_mark, marked
from speakdesk.providers.meetingbaas.replies import (
    BatchResult,
    BotDetails,
    BotPage,
    Screenshot,
    next_cursor,
    read_batch,
    read_details,
    read_screenshot,
)
from speakdesk.providers.meetingbaas.statuses import read_status

BOTS = "/v2/bots"
WRONG_STATE = "FST_ERR_BOT_STATUS"


@dataclass(frozen=True, slots=True)
class BotFilter:
    """Which bots to list; empty fields do not narrow it down.

    Texts match a part of the value, `extra` matches exactly. The service looks back 90 days.
    """

    bot_name: str = ""
    participant_name: str = ""
    bot_id: str = ""
    meeting_url: str = ""
    platforms: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    created_after: datetime | None = None
    created_before: datetime | None = None
    ended_after: datetime | None = None

    def query(self) -> dict[str, str]:
        """The query parameters."""
        moments = {
            "created_after": self.created_after,
            "created_before": self.created_before,
            "ended_after": self.ended_after,
        }
        words = {
            "bot_name": self.bot_name,
            "participant_name": self.participant_name,
            "bot_id": self.bot_id,
            "meeting_url": self.meeting_url,
            "meeting_platform": ",".join(self.platforms),
            "status": ",".join(self.statuses),
            "extra": ",".join(f"{key}:{value}" for key, value in self.extra.items()),
            **{name: to_iso(at) for name, at in moments.items() if at is not None},
        }
        return {name: value for name, value in words.items() if value}


class Bots:
    """The operations on `/v2/bots`. Every method raises ProviderError and nothing else."""

    def __init__(self, v2: Conversation) -> None:
        self._v2 = v2

    async def create(self, request: JoinRequest) -> str:
        """Send a bot; returns its id. Never a second one: a lost answer is looked for instead."""
        body, mark = marked(create_body(request))
        try:
            envelope = await self._v2.post(BOTS, body, secrets=secrets_of(request))
            return read_bot_id(envelope, self._v2.who)
        except ProviderError as error:
            return await found_or_raise(error, lambda: find_marked(self._v2, BOTS, mark), self._v2)

    async def create_batch(self, requests: Sequence[JoinRequest]) -> BatchResult:
        """Send several bots in one request; some may fail while others go. Sent once."""
        secrets = tuple(secret for request in requests for secret in secrets_of(request))
        bodies = [create_body(request) for request in requests]
        envelope = await self._v2.post(f"{BOTS}/batch", bodies, secrets=secrets)
        return read_batch(envelope, self._v2.who, secrets)

    async def status(self, bot_id: str) -> ProviderStatus:
        """Where the bot is now. An end is asked for once more in detail, for the cause of it."""
        status = read_status(await self._data(f"{bot_path(bot_id)}/status"))
        if status.state not in (BotState.ENDED, BotState.FAILED):
            return status
        try:
            details = await self.details(bot_id)
        except ProviderError:
            return status
        return replace(details.status, at=status.at) if details.status.raw == status.raw else status

    async def transcription_status(self, bot_id: str) -> str:
        """How far the provider's own transcript is: "queued", "done", "not-applicable" …"""
        data = await self._data(f"{bot_path(bot_id)}/status")
        return reading.text(data.get("transcription_status"))

    async def details(self, bot_id: str) -> BotDetails:
        """All the provider keeps about one bot."""
        return read_details(await self.raw_details(bot_id))

    async def raw_details(self, bot_id: str) -> Mapping[str, Any]:
        """The details as they came."""
        return await self._data(bot_path(bot_id))

    async def page(self, which: BotFilter, limit: int, cursor: str) -> BotPage:
        """One page of the account's bots, newest first. `limit` is 1..250."""
        envelope = await self._v2.get(BOTS, page_query(limit, cursor, which.query()))
        found = list_of(envelope, self._v2.who)
        return BotPage(tuple(read_details(item) for item in found), next_cursor(envelope))

    async def leave(self, bot_id: str) -> None:
        """Tell the bot to leave; one that has left already (409 FST_ERR_BOT_STATUS) is no error."""
        try:
            await self._v2.post(f"{bot_path(bot_id)}/leave", repeatable=True)
        except Refusal as e:
            if e.code != WRONG_STATE:
                raise

    async def send_chat(self, bot_id: str, text: str) -> None:
        """Write into the meeting's chat; longer than 500 characters goes as several messages."""
        for start in range(0, len(text), LONGEST_MESSAGE):
            part = text[start : start + LONGEST_MESSAGE]
            if part.strip():
                await self._v2.post(f"{bot_path(bot_id)}/send-chat-message", {"message": part})

    async def pause(self, bot_id: str, chat_message: str = "") -> None:
        """Pause the recording, and with it the sound to us; `chat_message` tells the meeting."""
        await self._v2.post(f"{bot_path(bot_id)}/pause-recording", _chat(chat_message))

    async def resume(self, bot_id: str, chat_message: str = "") -> None:
        """Go on recording."""
        await self._v2.post(f"{bot_path(bot_id)}/resume-recording", _chat(chat_message))

    async def screenshots(self, bot_id: str, limit: int = 50, cursor: str = "") -> Page[Screenshot]:
        """Pictures of the meeting, for Meet and Teams; never for audio-only recordings."""
        path = f"{bot_path(bot_id)}/screenshots"
        envelope = await self._v2.get(path, page_query(limit, cursor, {}))
        found = tuple(read_screenshot(item) for item in list_of(envelope, self._v2.who))
        return Page(found, next_cursor(envelope))

    async def delete_data(self, bot_id: str, *, from_transcriber: bool = True) -> None:
        """Delete recording, transcript and pictures for good; only of a bot that has ended."""
        await self._v2.delete(
            f"{bot_path(bot_id)}/delete-data",
            params={"delete_from_provider": from_transcriber},
        )

    async def update_extra(self, bot_id: str, extra: Mapping[str, Any] | None) -> None:
        """Merge into what the bot carries along, key by key; None clears it."""
        body = {"extra": None if extra is None else dict(extra)}
        await self._v2.patch(f"{bot_path(bot_id)}/update-config", body)

    async def resend_webhook(self, bot_id: str) -> None:
        """Send the account webhook about the bot's end again."""
        await self._v2.post(f"{bot_path(bot_id)}/resend-webhook")

    async def retry_callback(self, bot_id: str, callback: CallbackOptions | None = None) -> None:
        """Send the bot's own callback again, elsewhere where `callback` is given."""
        body = None
        secrets: tuple[str, ...] = ()
        if callback is not None:
            body = callback_body(callback.url, callback.secret, callback.method)
            secrets = (callback.secret, callback.url)
        await self._v2.post(f"{bot_path(bot_id)}/retry-callback", body, secrets=secrets)

    async def _data(self, path: str) -> dict[str, Any]:
        return object_of(await self._v2.get(path), self._v2.who)


def bot_path(bot_id: str) -> str:
    """Where one bot is."""
    return f"{BOTS}/{quote(bot_id, safe='')}"


def page_query(limit: int, cursor: str, more: Mapping[str, str]) -> dict[str, str | int | bool]:
    """The query of a list; the first page has no cursor."""
    query: dict[str, str | int | bool] = {"limit": limit, **more}
    if cursor:
        query["cursor"] = cursor
    return query


def object_of(envelope: Mapping[str, Any], who: str) -> dict[str, Any]:
    """The envelope's `data` as an object. Raises ProviderError."""
    data = envelope.get("data")
    if not isinstance(data, dict):
        raise problem_with_reply(who, "without the data that was asked for")
    return data


def list_of(envelope: Mapping[str, Any], who: str) -> list[Mapping[str, Any]]:
    """The objects of the envelope's `data`. Raises ProviderError where it is no list."""
    data = envelope.get("data")
    if not isinstance(data, list):
        raise problem_with_reply(who, "without the list that was asked for")
    return reading.items(data)


def read_bot_id(envelope: Mapping[str, Any], who: str) -> str:
    """The id of a bot that was made. Raises ProviderError where there is none."""
    bot_id = reading.text(reading.mapping(envelope.get("data")).get("bot_id"))
    if not bot_id:
        raise problem_with_reply(
            who, "that it took the bot, but not with which id, so it cannot be followed or left"
        )
    return bot_id


async def find_marked(v2: Conversation, path: str, mark: str) -> str:
    """The id of the bot whose `extra` carries the mark; empty where there is none."""
    envelope = await v2.get(path, {"limit": 5, "extra": filter_of(mark)}, repeatable=False)
    for item in list_of(envelope, v2.who):
        if has_mark(item, mark):
            return reading.word(item.get("bot_id"))
    return ""


def _chat(message: str) -> dict[str, str] | None:
    return {"chat_message": message[:LONGEST_MESSAGE]} if message.strip() else None
