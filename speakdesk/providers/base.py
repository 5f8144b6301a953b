"""What every meeting-bot provider can do, and what the rest of the program may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from speakdesk.domain.bot import BotState
from speakdesk.domain.calendar import ScheduledBot
from speakdesk.domain.errors import Problem
from speakdesk.domain.join import JoinOptions
from speakdesk.domain.meeting import MeetingLink, Platform
from speakdesk.providers.wire import AudioCodec


class Capability(StrEnum):
    """What a provider offers; a face greys out what is missing.

    `REPORTS` marks one whose bots' states come by reports, because it cannot be asked for them.
    """

    AUDIO = "audio"
    TRANSCRIPT = "transcript"
    HOSTED = "hosted"
    CHAT = "chat"
    STATUS = "status"
    REPORTS = "reports"
    RECORDING = "recording"
    PAUSE = "pause"
    SCHEDULE = "schedule"
    CALENDAR = "calendar"


class KeyVerdict(StrEnum):
    """What a key turned out to be worth."""

    FULL = "full"
    SENDING_ONLY = "sending_only"
    REFUSED = "refused"
    MISSING = "missing"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """What a provider needs to put one bot into one meeting.

    `streaming_url` is the ws or wss URL the provider's bot dials, its secret included; it is used
    for both directions. Empty, the bot only joins and records. `rate_hz` is one of 16000, 24000,
    32000, 48000.
    """

    bot_name: str
    meeting: MeetingLink
    streaming_url: str = field(repr=False)
    rate_hz: int = 16000
    entry_message: str = ""
    image_url: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    options: JoinOptions = field(default_factory=JoinOptions)


@dataclass(frozen=True, slots=True)
class EventBotRequest:
    """What a provider needs to send a bot to a calendar's event: the event knows the meeting."""

    bot_name: str
    streaming_url: str = field(default="", repr=False)
    rate_hz: int = 16000
    entry_message: str = ""
    image_url: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    options: JoinOptions = field(default_factory=JoinOptions)


NOTHING_TO_DO = "There is nothing to do."


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """The provider's word about a bot: `raw` as it came, and what it means for us.

    `state` is None where the word is unknown or says nothing about the bot's life. `problem` is
    set where the word means trouble; `cause` is a phrase for a normal end ("the call ended").
    `sentence` and `next_step` tell a person; both are empty where the word is unknown.
    """

    raw: str
    state: BotState | None = None
    at: datetime | None = None
    problem: Problem | None = None
    cause: str = ""
    sentence: str = ""
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """The verdict on a provider's key with a sentence for a person."""

    verdict: KeyVerdict
    sentence: str
    problem: Problem | None = None


@runtime_checkable
class MeetingProvider(Protocol):
    """Who puts bots into meetings. Every method may raise ProviderError and nothing else."""

    key: str
    name: str
    capabilities: frozenset[Capability]
    platforms: frozenset[Platform]
    needs_public_url: bool

    async def create(self, request: JoinRequest) -> str:
        """Send a bot; returns the provider's id of it. Never sends a second one by itself."""
        ...

    async def status(self, provider_bot_id: str) -> ProviderStatus:
        """Where the bot is now, in the provider's view."""
        ...

    async def leave(self, provider_bot_id: str) -> None:
        """Tell the bot to leave; a bot that has left already is no error."""
        ...

    async def send_chat(self, provider_bot_id: str, text: str) -> None:
        """Write into the meeting's chat as the bot."""
        ...

    async def check(self) -> KeyCheck:
        """What the configured key is worth."""
        ...

    def codec(self, rate_hz: int) -> AudioCodec:
        """A fresh codec for one socket."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


@runtime_checkable
class SchedulingProvider(Protocol):
    """What a provider with `Capability.SCHEDULE` can do besides."""

    async def schedule(self, request: JoinRequest, join_at: datetime) -> str:
        """Let a bot join at a time; returns the id it will have then, too."""
        ...

    async def cancel_scheduled(self, provider_bot_id: str) -> None:
        """Take a waiting bot back; one that is over already is no error."""
        ...


@runtime_checkable
class ReschedulingProvider(SchedulingProvider, Protocol):
    """A provider that tells of the bots that wait, and changes them."""

    async def appointment(self, provider_bot_id: str) -> ScheduledBot:
        """One waiting bot as the provider has it."""
        ...

    async def change_scheduled(self, provider_bot_id: str, request: JoinRequest) -> None:
        """Let a waiting bot join as this request says, at its old time."""
        ...

    async def redirect_scheduled(self, provider_bot_id: str, request: JoinRequest) -> None:
        """Give a waiting bot the addresses in this request, and change nothing else of it."""
        ...


@runtime_checkable
class PausingProvider(Protocol):
    """What a provider with `Capability.PAUSE` can do besides."""

    async def pause(self, provider_bot_id: str, chat_message: str = "") -> None:
        """Pause the recording, and with it the sound to us."""
        ...

    async def resume(self, provider_bot_id: str, chat_message: str = "") -> None:
        """Go on recording and hearing."""
        ...


@runtime_checkable
class CarefulProvider(Protocol):
    """A provider that knows without asking what it cannot do."""

    def refuse(self, request: JoinRequest) -> None:
        """Raise ProviderError where the request holds what it would drop or refuse."""
        ...
