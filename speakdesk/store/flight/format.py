"""What a recording holds, as `protobufs/speakdesk.proto` has it.

Every record has `at_s`: seconds since the recording began, on a clock that never goes backwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from speakdesk.domain.events import Event, event_from_json
from speakdesk.store.flight.sound import Sound

FORMAT_MAJOR = 1
FORMAT_MINOR = 0


class Kind(IntEnum):
    """What a record holds; the number of its field in the file."""

    HEADER = 2
    AUDIO_IN = 3
    AUDIO_OUT = 4
    AUDIO_DISCARDED = 5
    EVENT = 6
    SOCKET = 7
    LOG = 8
    ENDED = 9


class SocketChange(StrEnum):
    """What happened to a provider's socket."""

    UNKNOWN = "unknown"
    OPENED = "opened"
    CLOSED = "closed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Service:
    """A speech service: its key, and model, voice and language where they were chosen."""

    key: str
    model: str = ""
    voice: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """What the recording is of. `started` is ISO 8601 in UTC; `meeting` has no passcode."""

    application: str
    started: str
    bot_id: str = ""
    bot_name: str = ""
    persona: str = ""
    persona_hash: str = ""
    provider: str = ""
    meeting: str = ""
    meeting_id: str = ""
    stt: Service | None = None
    llm: Service | None = None
    tts: Service | None = None
    rate_hz: int = 16000
    greeting: str = ""
    names_are_hidden: bool = False
    cut_from_s: float = 0.0
    edits: tuple[str, ...] = ()
    format_major: int = FORMAT_MAJOR
    format_minor: int = FORMAT_MINOR
    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AudioIn:
    """Sound of the meeting as it came, and who the roster showed speaking then."""

    at_s: float
    sound: Sound
    speakers: tuple[str, ...] = ()

    @property
    def until_s(self) -> float:
        """Where it ends."""
        return self.at_s + self.sound.seconds


@dataclass(frozen=True, slots=True)
class AudioOut:
    """Sound of the bot as it was sent."""

    at_s: float
    sound: Sound

    @property
    def until_s(self) -> float:
        """Where it ends."""
        return self.at_s + self.sound.seconds


@dataclass(frozen=True, slots=True)
class AudioDiscarded:
    """Sound of the bot that an interruption at `cut_s` kept back; it stands where it would be."""

    at_s: float
    sound: Sound
    cut_s: float = 0.0

    @property
    def until_s(self) -> float:
        """Where it would end."""
        return self.at_s + self.sound.seconds


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event of the bot as `Event.to_json` wrote it."""

    at_s: float
    data: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """The event's kind, "line.final"."""
        return str(self.data.get("kind", ""))

    def event(self) -> Event:
        """The event. Raises ValueError for one that this version does not know."""
        try:
            return event_from_json(self.data)
        except (TypeError, KeyError, AttributeError) as e:
            raise ValueError(f"no event can be read from this: {e}") from e


@dataclass(frozen=True, slots=True)
class SocketRecord:
    """A provider's socket opened, closed or was refused; `code` is the WebSocket's, 0 unknown."""

    at_s: float
    change: SocketChange
    rate_hz: int = 0
    code: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A line of the bot's log."""

    at_s: float
    level: str
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The recording ended in order."""

    at_s: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A record of a newer format; `payload` is kept as it came."""

    at_s: float
    kind: int
    payload: bytes


AudioRecord = AudioIn | AudioOut | AudioDiscarded
Record = Header | AudioRecord | EventRecord | SocketRecord | LogRecord | Ended | Unknown
