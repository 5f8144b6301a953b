"""What the application asks of a bot's voice; imports no Pipecat, so it may be imported early."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from speakdesk.domain.events import Event
from speakdesk.domain.floor.terms import WishKind
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, SpeechPlan
from speakdesk.domain.turns import TurnRules
from speakdesk.pipeline.tap import FlightTap as FlightTap
from speakdesk.providers.wire import AudioCodec, MeetingSocket


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud it is now, 0..1: what the meeting sends and what the bot says."""

    heard: float = 0.0
    spoken: float = 0.0


class FloorHolder(Protocol):
    """What a voice lets its meeting's floor do with it; called on the loop's thread, at once."""

    def may_speak(self, kind: WishKind) -> None:
        """The floor is yours for the oldest waiting wish of this kind."""
        ...

    def must_stop(self) -> None:
        """The floor is no longer yours: let no more sound out, drop what was to be said."""
        ...

    def sibling_said(self, name: str, text: str) -> None:
        """Another bot of this desk has said this, word for word."""
        ...


class FloorSeat(Protocol):
    """One bot's place among the bots of this desk in its meeting (`app/bots/floor.py`).

    Everything is told at once, on the loop's thread, and costs next to nothing where the bot is
    the only one. Times are the loop's monotonic seconds. After `leave` nothing has an effect.
    """

    def join(self, holder: FloorHolder, *, answers_other_bots: bool) -> None:
        """The voice that sits here."""
        ...

    def present(self, is_present: bool) -> None:
        """Whether the bot is in the call with a socket, so that it can hear and be heard."""
        ...

    @property
    def is_alone(self) -> bool:
        """True where no other bot of this desk is present."""
        ...

    def person_began(self) -> None:
        """A person takes a turn."""
        ...

    def person_said(self, text: str, since_s: float, until_s: float, *, is_agreement: bool) -> bool:
        """The person's turn is over, with these words. True: answer now, the floor is yours.

        `is_agreement`: they are only agreement ("mm-hm").
        """
        ...

    def person_stopped(self) -> None:
        """The person's turn came to nothing."""
        ...

    def wish(self, kind: WishKind, *, first: bool = False) -> bool | None:
        """Ask to speak. True: now; False: `may_speak` follows; None: it is not wanted at all."""
        ...

    def working(self, patience_s: float | None = None) -> None:
        """A sign of life of what is being made; the next comes within `patience_s`."""
        ...

    def sounding(self) -> None:
        """Sound has begun to leave."""
        ...

    def said(self, text: str, *, interrupted: bool) -> None:
        """A line of the bot as it was spoken."""
        ...

    def done(self, on_wire_s: float = 0.0) -> None:
        """Nothing more is to be heard once what is on the wire has been played."""
        ...

    def failed(self) -> None:
        """What was to be said cannot be made: another may answer."""
        ...

    def withdraw(self) -> None:
        """Hushed: nothing that waits is to be said any more, and nobody else answers instead."""
        ...

    def sibling_at(self, since_s: float, until_s: float) -> str:
        """The other bot whose sound fills most of this span; empty where none does."""
        ...

    def leave(self) -> None:
        """Give the place up, with the floor where it is held. Safe to call twice."""
        ...


@dataclass(frozen=True, slots=True)
class VoiceOrder:
    """All that one bot's voice is made from.

    `codec` makes a fresh codec for each socket. `siblings` tells the names of this desk's other
    bots in the same meeting as it is now: some come later than this one; cheap, and asked often.
    `greeting` is spoken verbatim after admission; empty for none. `floor` is the bot's place among
    the bots of this desk in the meeting; whoever took it there gives it up. None where the bot
    shares its meeting with no other. `tap` is told what passes, where the bot is recorded.
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
    floor: FloorSeat | None = None
    tap: FlightTap | None = None


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
