"""Audio on a provider's socket: what comes in, what goes out, and the codec each provider has.

The provider's bot is the WebSocket client and dials us (contracts/meetingbaas.md §3). PCM is always
signed 16-bit little-endian mono.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Handshake:
    """The bot introduced itself; may come again on the same socket. `rate_hz` None if unsaid."""

    provider_bot_id: str
    rate_hz: int | None = None
    offset_s: float = 0.0
    protocol_version: int = 0
    start_time_s: float | None = None


@dataclass(frozen=True, slots=True)
class AudioIn:
    """Sound of the meeting: whole samples at the codec's rate."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Speaker:
    """One person (or bot) in a roster message; `at_s` is Unix seconds."""

    name: str
    is_speaking: bool
    id: int | None = None
    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is in the meeting and who speaks; only what this message said."""

    speakers: tuple[Speaker, ...]


@dataclass(frozen=True, slots=True)
class ChatIn:
    """A chat message that came over the socket."""

    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message we could not read; `why` is for the log and holds nothing of its content."""

    why: str


WireEvent = Handshake | AudioIn | Roster | ChatIn | Unreadable


class AudioCodec(Protocol):
    """One socket's dialect. One instance per socket: it may hold the odd byte of a split sample."""

    rate_hz: int

    def decode(self, message: bytes | str) -> list[WireEvent]:
        """What a message means. Never raises: garbage becomes `Unreadable`."""
        ...

    def encode(self, pcm: bytes) -> list[bytes | str]:
        """The messages that carry these samples; always whole samples."""
        ...

    def interrupt(self) -> list[bytes | str]:
        """The messages that make the provider drop queued audio; empty where it cannot."""
        ...


class SocketClosed(Exception):
    """The socket is gone; `code` is the WebSocket close code where known."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(f"socket closed ({code}) {reason}".strip())
        self.code = code
        self.reason = reason


class MeetingSocket(Protocol):
    """One open socket as the gateway hands it to a bot's voice."""

    async def receive(self) -> bytes | str:
        """The next message. Raises SocketClosed."""
        ...

    async def send(self, message: bytes | str) -> None:
        """Send one message. Raises SocketClosed."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it, within a second or two whatever the peer does; safe to call twice."""
        ...
