"""What one bot wants to say, and when its meeting's floor lets it.

Between the voice and its `FloorSeat`: lines wait here, answers wait in the conversation. Without a
seat everything may be said at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pipecat.frames.frames import Frame

from speakdesk.domain.events import Event, LineFinal, LinePartial
from speakdesk.domain.floor.terms import WishKind
from speakdesk.pipeline.backchannel import is_backchannel
from speakdesk.pipeline.contract import FloorSeat
from speakdesk.pipeline.ears import Hearing
from speakdesk.pipeline.tools import PATIENCE_S

# Nobody asks anything in so few words of agreement, whatever the persona's own rule.
_AGREEMENT_WORDS = 2
_LOOKING_UP_S = PATIENCE_S + 4.0


@dataclass(frozen=True, slots=True)
class TurnActs:
    """What the floor has a voice do: say a line, answer, stop, note a sibling's words.

    `hold` lets no more sound out, at once; `stop` then drops all that was on its way.
    """

    speak: Callable[[str], Awaitable[None]]
    answer: Callable[[], Awaitable[None]]
    hold: Callable[[], None]
    stop: Callable[[], Awaitable[None]]
    note: Callable[[str, str], None]


class TurnTaking:
    """One bot's manners among the other bots of this desk (`pipeline/contract.FloorHolder`)."""

    def __init__(
        self,
        seat: FloorSeat | None,
        hearing: Hearing,
        acts: TurnActs,
        *,
        answers_other_bots: bool,
    ) -> None:
        self._seat = seat
        self._hearing = hearing
        self._acts = acts
        self._lines: dict[WishKind, deque[str]] = {}
        self._making: tuple[WishKind, str] | None = None
        self._person_since_s = float("-inf")
        self._words_s: tuple[float, float] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        if seat is not None:
            seat.join(self, answers_other_bots=answers_other_bots)

    # What the voice tells

    def present(self, is_present: bool) -> None:
        """Whether the bot is in the call with a socket."""
        if self._seat is not None:
            self._seat.present(is_present)

    async def say(self, kind: WishKind, text: str, *, first: bool = False) -> None:
        """Say this as soon as the floor allows it."""
        if self._seat is None or self._ask(kind, text, first=first):
            await self._acts.speak(text)

    def person_began(self) -> None:
        """A person takes a turn."""
        self._person_since_s = self._hearing.since_s
        if self._seat is not None:
            self._seat.person_began()

    def person_words(self, words: Frame) -> None:
        """Final words of a person, in the turn that goes on; they may be of long before now."""
        since_s, until_s = self._hearing.span_of(words)
        if self._words_s is not None:
            since_s, until_s = min(self._words_s[0], since_s), max(self._words_s[1], until_s)
        self._words_s = since_s, until_s

    def words_dropped(self) -> None:
        """What was heard of a person came to nothing."""
        self._words_s = None

    def person_said(self, text: str) -> bool:
        """A person's turn is over; True where the model is to be asked now."""
        words_s, self._words_s = self._words_s, None
        if self._seat is None:
            return True
        since_s, until_s = words_s or (self._hearing.since_s, self._hearing.until_s)
        return self._seat.person_said(
            text,
            min(self._person_since_s, since_s),
            until_s,
            is_agreement=is_backchannel(text, _AGREEMENT_WORDS),
        )

    def person_stopped(self) -> None:
        """A person's turn has ended, whatever came of it."""
        self.words_dropped()
        if self._seat is not None:
            self._seat.person_stopped()

    def interrupted(self) -> None:
        """What was on its way was dropped for a person; a line nobody heard yet waits again."""
        making, self._making = self._making, None
        if self._seat is None:
            return
        self._seat.done()
        if making is not None and not self._seat.is_alone and self._ask(*making, first=True):
            self._spawn(self._acts.speak(making[1]), "line")

    def hushed(self) -> None:
        """Nothing that waits is to be said any more."""
        self._lines.clear()
        self._making = None
        if self._seat is not None:
            self._seat.withdraw()

    def working(self) -> None:
        """The model or the voice is at work."""
        if self._seat is not None:
            self._seat.working()

    def looking_up(self) -> None:
        """A tool is at work."""
        if self._seat is not None:
            self._seat.working(_LOOKING_UP_S)

    def failed(self) -> None:
        """A service could not do its part."""
        if self._seat is not None:
            self._seat.failed()

    def sounding(self) -> None:
        """The first sound leaves."""
        self._making = None
        if self._seat is not None:
            self._seat.sounding()

    def silent(self, on_wire_s: float) -> None:
        """Nothing more is to come but what is on the wire."""
        self._making = None
        if self._seat is not None:
            self._seat.done(on_wire_s)

    def spoken(self, event: Event) -> None:
        """An event of the bot's own lines."""
        if self._seat is None:
            return
        if isinstance(event, LineFinal):
            self._seat.said(event.text, interrupted=event.interrupted)
        elif isinstance(event, LinePartial):
            self._seat.working()

    async def close(self) -> None:
        """The voice ends."""
        self.hushed()
        self.present(False)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # What the floor tells

    def may_speak(self, kind: WishKind) -> None:
        """The floor is this bot's."""
        lines = self._lines.get(kind)
        if kind in (WishKind.ANSWER, WishKind.REPLY):
            self._spawn(self._acts.answer(), "answer")
        elif lines:
            text = lines.popleft()
            self._making = (kind, text)
            self._spawn(self._acts.speak(text), "line")
        elif self._seat is not None:
            self._seat.done()

    def must_stop(self) -> None:
        """The floor is another's."""
        self._making = None
        self._acts.hold()
        self._spawn(self._acts.stop(), "stop")

    def sibling_said(self, name: str, text: str) -> None:
        """Another bot's words."""
        self._acts.note(name, text)

    def _ask(self, kind: WishKind, text: str, *, first: bool) -> bool:
        """True where it may be said now; else it waits, or is given up where nobody wants it."""
        if self._seat is None:
            return True
        lines = self._lines.setdefault(kind, deque())
        may_speak = self._seat.wish(kind, first=first)
        if may_speak:
            self._making = (kind, text)
        elif may_speak is False and first:
            lines.appendleft(text)
        elif may_speak is False:
            lines.append(text)
        return bool(may_speak)

    def _spawn(self, work: Awaitable[None], name: str) -> None:
        async def carry_out() -> None:
            await work

        task = asyncio.create_task(carry_out(), name=f"floor {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
