"""The one event stream: frozen facts with a kind, a UTC time and their bot (design §3).

`event.to_json()` gives `{"kind", "at", "bot_id", …own fields}`, all JSON values; `event_from_json`
reads it back. Every field an event may hold is a str, int, float, bool, None, StrEnum, datetime,
`Problem`, or tuples and mappings of those.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.clock import from_iso, to_iso, utc_now
from speakdesk.domain.errors import Problem

_KINDS: dict[str, type[Event]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `bot_id` is empty where no bot is meant."""

    kind: ClassVar[str] = ""
    at: datetime = field(default_factory=utc_now)
    bot_id: str = ""

    def to_json(self) -> dict[str, Any]:
        """The event as JSON values, `kind` first."""
        out: dict[str, Any] = {"kind": self.kind}
        for f in dataclasses.fields(self):
            out[f.name] = _plain(getattr(self, f.name))
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class BotStateChanged(Event):
    """A bot moved in its life. `provider_status` is the provider's own word for it, as it came."""

    kind: ClassVar[str] = "bot.state"
    state: BotState
    previous: BotState | None = None
    provider_status: str = ""
    name: str = ""
    persona: str = ""
    meeting_id: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotStatusChanged(Event):
    """The provider's word about a bot, what one can do about it or a pause changed, not its state.

    `provider_status` is the provider's own word, as it came; `advice` a sentence, or empty.
    """

    kind: ClassVar[str] = "bot.status"
    state: BotState
    provider_status: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotEvidence(Event):
    """A fact about a bot was proven for the first time."""

    kind: ClassVar[str] = "bot.evidence"
    evidence: Evidence
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotProblem(Event):
    """Something went wrong with a bot; `recovered` says that this same trouble is over."""

    kind: ClassVar[str] = "bot.problem"
    problem: Problem
    recovered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePartial(Event):
    """A line while it is spoken. A later event of the same `line_id` replaces its text."""

    kind: ClassVar[str] = "line.partial"
    line_id: str
    speaker: str
    text: str
    is_bot: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFinal(Event):
    """A line as it was said. `at` is when it began; `interrupted` where the bot was cut off.

    `seconds` is how long it took to say, where known.
    """

    kind: ClassVar[str] = "line.final"
    line_id: str
    speaker: str
    text: str
    is_bot: bool
    interrupted: bool = False
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTimed(Event):
    """How long each stage of one answer took, in milliseconds; None where a stage did not occur.

    The stages follow each other: end of speech → `turn_decided_ms` → `transcript_ms` →
    `first_token_ms` → `first_audio_ms` → `on_wire_ms`. `total_ms` is end of speech → on the wire.
    """

    kind: ClassVar[str] = "turn.timed"
    turn: int
    turn_decided_ms: float | None = None
    transcript_ms: float | None = None
    first_token_ms: float | None = None
    first_audio_ms: float | None = None
    on_wire_ms: float | None = None
    total_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled(Event):
    """The model used a tool; `failed` holds a sentence where it did not work."""

    kind: ClassVar[str] = "tool.called"
    tool: str
    ok: bool
    took_ms: float
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage(Event):
    """A text message in the meeting's chat."""

    kind: ClassVar[str] = "chat.message"
    sender: str
    text: str
    from_bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChanged(Event):
    """Who is in the meeting as the provider shows it, and who of them speaks right now."""

    kind: ClassVar[str] = "roster.changed"
    names: tuple[str, ...]
    speaking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorChanged(Event):
    """Who of this desk's bots in one meeting may speak now; `bot_id` is the holder, or empty.

    `waiting` are the ids of the bots that want to speak next, in order. `meeting` is the meeting's
    platform and id ("meet:abc-defg-hij"), without a passcode.
    """

    kind: ClassVar[str] = "floor.changed"
    meeting: str
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AftermathChanged(Event):
    """Something a provider keeps of a meeting arrived, or a summary: look it up in the history."""

    kind: ClassVar[str] = "aftermath.changed"
    meeting_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelState(Event):
    """The door to the outside: closed, fetching, opening, checking, open, lost or failed.

    `fraction` (0..1) is how much of the tunnel's program is there while it is being fetched.
    """

    kind: ClassVar[str] = "tunnel.state"
    state: str
    fraction: float | None = None
    public_url: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaChanged(Event):
    """A persona was added, changed or removed; an empty `persona` means the whole library."""

    kind: ClassVar[str] = "persona.changed"
    persona: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged(Event):
    """Settings were saved; `fields` names what differs."""

    kind: ClassVar[str] = "settings.changed"
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """Something to tell the person: `level` is info, attention or bad."""

    kind: ClassVar[str] = "notice"
    level: str
    sentence: str
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine(Event):
    """One line of the log, already without secrets. `level` is debug, info, warning or error."""

    kind: ClassVar[str] = "log"
    level: str
    source: str
    text: str


_KINDS.update(
    {
        cls.kind: cls
        for cls in (
            BotStateChanged,
            BotStatusChanged,
            BotEvidence,
            BotProblem,
            LinePartial,
            LineFinal,
            TurnTimed,
            ToolCalled,
            ChatMessage,
            RosterChanged,
            FloorChanged,
            AftermathChanged,
            TunnelState,
            PersonaChanged,
            SettingsChanged,
            Notice,
            LogLine,
        )
    }
)

KINDS: Mapping[str, type[Event]] = types.MappingProxyType(_KINDS)


def event_from_json(data: Mapping[str, Any]) -> Event:
    """The event `to_json` wrote. Unknown fields are ignored; raises ValueError on another kind."""
    cls = KINDS.get(str(data.get("kind")))
    if cls is None:
        raise ValueError(f"no event of kind {data.get('kind')!r}")
    hints = _hints_of(cls.kind)
    values = {
        f.name: _rich(data[f.name], hints[f.name])
        for f in dataclasses.fields(cls)
        if f.name in data
    }
    try:
        return cls(**values)
    except TypeError as e:
        raise ValueError(f"a {cls.kind} event lacks a field: {e}") from e


@functools.cache
def _hints_of(kind: str) -> Mapping[str, Any]:
    """The types of a kind's fields: worked out once, recordings hold many events of each."""
    return typing.get_type_hints(KINDS[kind])


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_iso(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Problem):
        return value.to_json()
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return value


def _rich(value: Any, hint: Any) -> Any:
    if value is None:
        return None
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for option in options:
        if option is datetime:
            return from_iso(value)
        if option is Problem:
            return Problem.from_json(value)
        if isinstance(option, type) and issubclass(option, Enum):
            return option(value)
        if typing.get_origin(option) is tuple:
            return tuple(value)
    return value
