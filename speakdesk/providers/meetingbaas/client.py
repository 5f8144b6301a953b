"""MeetingBaas v2 as a meeting provider (contracts/meetingbaas.md §2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import httpx

from speakdesk.domain.aftermath import Aftermath, Artifact, ArtifactKind
from speakdesk.domain.calendar import ScheduledBot
from speakdesk.domain.clock import utc_now
from speakdesk.domain.meeting import Platform
from speakdesk.providers.base import Capability, JoinRequest, KeyCheck, KeyVerdict, ProviderStatus
from speakdesk.providers.meetingbaas.artifacts import read_aftermath
from speakdesk.providers.meetingbaas.bodies import create_body
from speakdesk.providers.meetingbaas.bots import BOTS, BotFilter, Bots
from speakdesk.providers.meetingbaas.calendars import Calendars
from speakdesk.providers.meetingbaas.codec import MeetingBaasCodec
from speakdesk.providers.meetingbaas.http import Conversation
from speakdesk.providers.meetingbaas.key_check import check_key
from speakdesk.providers.meetingbaas.replies import BotDetails, BotPage
from speakdesk.providers.meetingbaas.scheduled import Scheduled
from speakdesk.providers.meetingbaas.zoom import ZoomCredentials
from speakdesk.providers.wire import AudioCodec

__all__ = ["BASE_URL", "MeetingBaasV2Provider", "create_body"]

BASE_URL = "https://api.meetingbaas.com"


class MeetingBaasV2Provider:
    """A client of `/v2`. Every method raises ProviderError and nothing else.

    The operations a bot's life needs are methods; all others are in `bots`, `scheduled`,
    `calendars` and `zoom`. `http` is used as it is and left open by `aclose`; without one a client
    is made with the first call. Reading and leaving are repeated where the trouble may pass;
    creating never is, because a lost answer may stand for a bot that is on its way: that one is
    looked for.
    """

    key = "meetingbaas"
    name = "MeetingBaas"
    capabilities = frozenset(
        {
            Capability.AUDIO,
            Capability.CHAT,
            Capability.STATUS,
            Capability.RECORDING,
            Capability.PAUSE,
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
        self._v2 = Conversation(
            self.name, base_url, api_key, http, needs_key=self.needs_key, sleep=sleep
        )
        self._now = now
        self.bots = Bots(self._v2)
        self.scheduled = Scheduled(self._v2, self.bots, now)
        self.calendars = Calendars(self._v2)
        self.zoom = ZoomCredentials(self._v2)

    def refuse(self, request: JoinRequest) -> None:
        """Raise ProviderError where v2 has no place for something in the request."""
        create_body(request)

    async def create(self, request: JoinRequest) -> str:
        """Send a bot; returns its id. Never a second one."""
        return await self.bots.create(request)

    async def schedule(self, request: JoinRequest, join_at: datetime) -> str:
        """Let a bot join at a time, one minute to 90 days ahead; returns its id."""
        return await self.scheduled.create(request, join_at)

    async def scheduled_bots(self) -> tuple[ScheduledBot, ...]:
        """The bots that still wait for their time, a hundred at most, in no certain order."""
        page = await self.scheduled.page(limit=100)
        return tuple(bot for bot in page.items if bot.is_waiting)

    async def cancel_scheduled(self, provider_bot_id: str) -> None:
        """Take a scheduled bot back; one that is over already is no error."""
        await self.scheduled.cancel(provider_bot_id)

    async def appointment(self, provider_bot_id: str) -> ScheduledBot:
        """One bot that waits for its time."""
        return await self.scheduled.get(provider_bot_id)

    async def change_scheduled(self, provider_bot_id: str, request: JoinRequest) -> None:
        """Let a waiting bot join as this request says; refused in its last four minutes."""
        await self.scheduled.change(provider_bot_id, request=request)

    async def redirect_scheduled(self, provider_bot_id: str, request: JoinRequest) -> None:
        """Give a waiting bot other addresses; refused in its last four minutes."""
        await self.scheduled.redirect(provider_bot_id, request)

    async def status(self, provider_bot_id: str) -> ProviderStatus:
        """Where the bot is now. An end is asked for once more in detail, for the cause of it."""
        return await self.bots.status(provider_bot_id)

    async def details(self, provider_bot_id: str) -> BotDetails:
        """All the provider keeps about one bot."""
        return await self.bots.details(provider_bot_id)

    async def list(
        self, limit: int = 50, cursor: str = "", which: BotFilter | None = None
    ) -> BotPage:
        """The account's bots, newest first. `limit` is 1..250."""
        return await self.bots.page(which or BotFilter(), limit, cursor)

    async def leave(self, provider_bot_id: str) -> None:
        """Tell the bot to leave; one that has left already is no error."""
        await self.bots.leave(provider_bot_id)

    async def send_chat(self, provider_bot_id: str, text: str) -> None:
        """Write into the meeting's chat; longer than 500 characters goes as several messages."""
        await self.bots.send_chat(provider_bot_id, text)

    async def pause(self, provider_bot_id: str, chat_message: str = "") -> None:
        """Pause the recording; the bot hears nothing until it is resumed."""
        await self.bots.pause(provider_bot_id, chat_message)

    async def resume(self, provider_bot_id: str, chat_message: str = "") -> None:
        """Go on recording and hearing."""
        await self.bots.resume(provider_bot_id, chat_message)

    async def aftermath(self, provider_bot_id: str) -> Aftermath:
        """What there is after the meeting: files with fresh addresses, people, duration, cost."""
        return read_aftermath(await self.bots.raw_details(provider_bot_id), self._now())

    async def artifact(self, provider_bot_id: str, kind: ArtifactKind) -> Artifact | None:
        """One file with a fresh address: what `download` takes as its `renew`."""
        return (await self.aftermath(provider_bot_id)).artifact(kind)

    async def delete_data(self, provider_bot_id: str) -> str:
        """Delete recording and transcript for good; returns a word for it, "deleted"."""
        await self.bots.delete_data(provider_bot_id)
        return "deleted"

    async def check(self) -> KeyCheck:
        """What the key is worth: full, sending only, refused. Makes nothing."""
        if self.needs_key and not self._v2.has_key:
            return KeyCheck(KeyVerdict.MISSING, f"There is no API key for {self.name} yet.")
        found = await check_key(
            self.name,
            lambda: self._v2.get(BOTS, {"limit": 1}),
            lambda: self._v2.post(BOTS, {}),
        )
        if not self.needs_key and found.verdict is KeyVerdict.FULL:
            return KeyCheck(KeyVerdict.NOT_NEEDED, f"{self.name} answers and needs no key.")
        return found

    def codec(self, rate_hz: int) -> AudioCodec:
        """A fresh codec for one socket."""
        return MeetingBaasCodec(rate_hz)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._v2.aclose()
