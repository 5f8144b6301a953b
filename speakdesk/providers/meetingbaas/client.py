"""MeetingBaas v2 as a meeting provider (contracts/meetingbaas.md §2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import httpx

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.domain.meeting import Platform
from speakdesk.providers.base import Capability, JoinRequest, KeyCheck, KeyVerdict, ProviderStatus
from speakdesk.providers.meetingbaas.codec import MeetingBaasCodec
from speakdesk.providers.meetingbaas.errors import Refusal, problem_with_reply
from speakdesk.providers.meetingbaas.http import Conversation
from speakdesk.providers.meetingbaas.replies import BotDetails, BotPage, read_details
from speakdesk.providers.meetingbaas.statuses import read_status
from speakdesk.providers.wire import AudioCodec

BASE_URL = "https://api.meetingbaas.com"
_LONGEST_NAME = 255
_LONGEST_MESSAGE = 500


class MeetingBaasV2Provider:
    """A client of `/v2/bots`. Every method raises ProviderError and nothing else.

    `http` is used as it is and left open by `aclose`; without one a client is made with the first
    call. Reading and leaving are repeated where the trouble may pass; creating never is, because a
    lost answer may stand for a bot that is on its way.
    """

    key = "meetingbaas"
    name = "MeetingBaas"
    capabilities = frozenset(
        {Capability.AUDIO, Capability.CHAT, Capability.STATUS, Capability.RECORDING}
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
    ) -> None:
        self._v2 = Conversation(
            self.name, base_url, api_key, http, needs_key=self.needs_key, sleep=sleep
        )

    async def create(self, request: JoinRequest) -> str:
        """Send a bot; returns its id. Sent once, whatever happens."""
        secrets = (request.streaming_url, request.meeting.passcode)
        envelope = await self._v2.post("/v2/bots", create_body(request), secrets=secrets)
        data = envelope.get("data")
        bot_id = data.get("bot_id") if isinstance(data, dict) else None
        if not isinstance(bot_id, str) or not bot_id:
            raise ProviderError(
                Problem(
                    Stage.PROVIDER,
                    Reason.PROTOCOL,
                    f"{self.name} accepted the bot but did not say its id, so it cannot be "
                    "followed or told to leave.",
                    f"Look in the {self.name} dashboard whether a bot is on its way before you "
                    "launch again.",
                )
            )
        return bot_id

    async def status(self, provider_bot_id: str) -> ProviderStatus:
        """Where the bot is now. An end is asked for once more in detail, for the cause of it."""
        data = await self._data(f"{_bot_path(provider_bot_id)}/status")
        status = read_status(data)
        if status.state not in (BotState.ENDED, BotState.FAILED):
            return status
        try:
            details = await self.details(provider_bot_id)
        except ProviderError:
            return status
        if details.status.raw != status.raw:
            return status
        return ProviderStatus(
            raw=status.raw,
            state=status.state,
            at=status.at,
            problem=details.status.problem,
            cause=details.status.cause,
        )

    async def details(self, provider_bot_id: str) -> BotDetails:
        """All the provider keeps about one bot."""
        return read_details(await self._data(_bot_path(provider_bot_id)))

    async def list(self, limit: int = 50, cursor: str = "") -> BotPage:
        """The account's bots, newest first. `limit` is 1..250."""
        params: dict[str, str | int] = {"limit": limit}
        if cursor:
            params["cursor"] = cursor
        envelope = await self._v2.get("/v2/bots", params)
        items = envelope.get("data")
        if not isinstance(items, list):
            raise problem_with_reply(self.name, "without the list that was asked for")
        after = envelope.get("cursor")
        return BotPage(
            bots=tuple(read_details(item) for item in items if isinstance(item, dict)),
            cursor=after if isinstance(after, str) else "",
        )

    async def leave(self, provider_bot_id: str) -> None:
        """Tell the bot to leave; one that has left already (409 FST_ERR_BOT_STATUS) is no error."""
        try:
            await self._v2.post(f"{_bot_path(provider_bot_id)}/leave", repeatable=True)
        except Refusal as e:
            if e.code != "FST_ERR_BOT_STATUS":
                raise

    async def send_chat(self, provider_bot_id: str, text: str) -> None:
        """Write into the meeting's chat; longer than 500 characters goes as several messages."""
        for start in range(0, len(text), _LONGEST_MESSAGE):
            part = text[start : start + _LONGEST_MESSAGE]
            if part.strip():
                await self._v2.post(
                    f"{_bot_path(provider_bot_id)}/send-chat-message", {"message": part}
                )

    async def check(self) -> KeyCheck:
        """What the key is worth, found out without creating anything: `GET /v2/bots?limit=1`.

        Sources disagree whether a wrong key gets 401 or 403 (§2.1); a Sending key gets 403.
        """
        if self.needs_key and not self._v2.has_key:
            return KeyCheck(KeyVerdict.MISSING, f"There is no API key for {self.name} yet.")
        try:
            await self._v2.get("/v2/bots", {"limit": 1})
        except ProviderError as e:
            if e.problem.reason is not Reason.AUTHENTICATION:
                return KeyCheck(
                    KeyVerdict.UNKNOWN,
                    f"The {self.name} key could not be checked: {e.problem.sentence}",
                    e.problem,
                )
            if isinstance(e, Refusal) and e.http_status == 401:
                return KeyCheck(
                    KeyVerdict.REFUSED, f"{self.name} does not accept this key.", e.problem
                )
            return KeyCheck(
                KeyVerdict.SENDING_ONLY,
                f"This {self.name} key may not read bots: it is a Sending key, or it is wrong. "
                "With a Sending key a bot can be sent, but not followed and not told to leave.",
                e.problem,
            )
        if not self.needs_key:
            return KeyCheck(KeyVerdict.NOT_NEEDED, f"{self.name} answers and needs no key.")
        return KeyCheck(KeyVerdict.FULL, f"{self.name} accepts this key for everything.")

    def codec(self, rate_hz: int) -> AudioCodec:
        """A fresh codec for one socket."""
        return MeetingBaasCodec(rate_hz)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._v2.aclose()

    async def _data(self, path: str) -> dict[str, Any]:
        envelope = await self._v2.get(path)
        data = envelope.get("data")
        if not isinstance(data, dict):
            raise problem_with_reply(self.name, "without the data that was asked for")
        return data


def create_body(request: JoinRequest) -> dict[str, Any]:
    """The body of `POST /v2/bots` (§2.3): one socket URL for both directions, an integer rate.

    `allow_multiple_bots` is always true: without it a second bot of one launch is a conflict.
    """
    body: dict[str, Any] = {
        "bot_name": request.bot_name[:_LONGEST_NAME],
        "meeting_url": request.meeting.url,
        "allow_multiple_bots": True,
        "recording_mode": "speaker_view",
        "transcription_enabled": False,
        "streaming_enabled": bool(request.streaming_url),
    }
    if request.streaming_url:
        body["streaming_config"] = {
            "input_url": request.streaming_url,
            "output_url": request.streaming_url,
            "audio_frequency": request.rate_hz,
        }
    if request.entry_message:
        body["entry_message"] = request.entry_message[:_LONGEST_MESSAGE]
    if request.image_url:
        body["bot_image"] = request.image_url
    if request.extra:
        body["extra"] = dict(request.extra)
    return body


def _bot_path(provider_bot_id: str) -> str:
    return f"/v2/bots/{quote(provider_bot_id, safe='')}"
