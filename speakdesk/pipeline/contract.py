"""What the application asks of a bot's voice; imports no Pipecat, so it may be imported early."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from speakdesk.domain.events import Event
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, SpeechPlan
from speakdesk.domain.turns import TurnRules
from speakdesk.providers.wire import AudioCodec, MeetingSocket


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud it is now, 0..1: what the meeting sends and what the bot says."""

    heard: float = 0.0
    spoken: float = 0.0


@dataclass(frozen=True, slots=True)
class VoiceOrder:
    """All that one bot's voice is made from.

    `codec` makes a fresh codec for each socket. `siblings` tells the names of this desk's other
    bots in the same meeting as it is now: some come later than this one; cheap, and asked often.
    `greeting` is spoken verbatim after admission; empty for none.
    """

    bot_id: str
    bot_name: str
    persona: Persona
    plan: SpeechPlan
    keys: Keys
    codec: Callable[[], AudioCodec]
    rate_hz: int
    greeting: str = ""
    tools: tuple[str, ...] = ()
    turns: TurnRules = field(default_factory=TurnRules)
    siblings: Callable[[], frozenset[str]] = frozenset


class Voice(Protocol):
    """One bot's ears, mind and mouth. It outlives its socket.

    Facts come out through the `emit` callable it was built with (on the loop's thread):
    `line.partial`, `line.final`, `turn.timed`, `tool.called`, `bot.evidence` (hears, speaks,
    heard), `roster.changed`, `chat.message`, `bot.problem` of the speech services.
    """

    async def start(self) -> None:
        """Start the pipeline; returns once it can hear. Raises SpeechError."""
        ...

    async def attach(self, socket: MeetingSocket) -> None:
        """Carry this socket until it closes; a newer socket takes over and closes the older."""
        ...

    async def admitted(self) -> None:
        """The meeting let the bot in: greet, once, however often this is called."""
        ...

    async def say(self, text: str) -> None:
        """Say this now, word for word."""
        ...

    async def hush(self) -> None:
        """Be silent at once: drop what is queued and what is still being thought."""
        ...

    def levels(self) -> Levels:
        """The present loudness; cheap, made to be sampled 10-15 times a second."""
        ...

    async def stop(self) -> None:
        """End the pipeline and give back what it holds; safe to call twice."""
        ...


VoiceBuilder = Callable[[VoiceOrder, Callable[[Event], None]], Voice]
