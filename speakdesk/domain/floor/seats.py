"""Who of this desk's bots sits at a meeting's floor: names, presence, and when each was heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from speakdesk.domain.addressing import addressed, forms_of

# A bot is heard by the others later than it speaks.
HEARD_LATER_S = 0.6
LEAST_OVER_S = 0.2
_MOST_OF_IT = 0.7
_SOUNDS_KEPT = 64


@dataclass(slots=True)
class Seat:
    """One bot. `person_since_s` is set while it hears a person's turn, `sound_since_s` its own.

    `person_began_s` is when it last noticed that a person takes a turn.
    """

    bot: str
    name: str
    forms: Sequence[tuple[str, ...]]
    answers_bots: bool = False
    is_present: bool = False
    person_since_s: float | None = None
    person_began_s: float = float("-inf")
    sound_since_s: float | None = None
    sounds: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_SOUNDS_KEPT))

    def hears_person(self, now_s: float) -> None:
        """A person takes a turn."""
        self.person_since_s = self.person_began_s = now_s

    def filled_s(self, since_s: float, until_s: float) -> float:
        """How much of a span its sound fills, as the others hear it."""
        sounds = list(self.sounds)
        if self.sound_since_s is not None:
            sounds.append((self.sound_since_s, until_s))
        return sum(
            max(0.0, min(until_s, end + HEARD_LATER_S) - max(since_s, start))
            for start, end in sounds
        )


class Seats:
    """All of them, in the order they were taken."""

    def __init__(self) -> None:
        self._seats: dict[str, Seat] = {}

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._seats.values())

    def add(self, bot: str, name: str, aliases: Sequence[str] = ()) -> None:
        """A bot takes its seat; it is not present yet."""
        self._seats[bot] = Seat(bot, name, forms_of(name, aliases))

    def set_answers_bots(self, bot: str, does: bool) -> None:
        """Whether it answers the other bots."""
        if (seat := self.find(bot)) is not None:
            seat.answers_bots = does

    def find(self, bot: str) -> Seat | None:
        """Its seat, None where it has left."""
        return self._seats.get(bot)

    def remove(self, bot: str) -> Seat | None:
        """It leaves."""
        return self._seats.pop(bot, None)

    @property
    def bots(self) -> tuple[str, ...]:
        """Everybody who has a seat."""
        return tuple(self._seats)

    @property
    def present(self) -> tuple[str, ...]:
        """Everybody who is in the call."""
        return tuple(seat.bot for seat in self if seat.is_present)

    def is_present(self, bot: str) -> bool:
        """True where this one is in the call."""
        return (seat := self.find(bot)) is not None and seat.is_present

    def is_alone(self, bot: str) -> bool:
        """True where nobody else is present."""
        return not any(seat.is_present for seat in self if seat.bot != bot)

    def person_since_s(self) -> float | None:
        """Since when a person takes the turn that was noticed last; None where nobody does."""
        return max((s.person_since_s for s in self if s.person_since_s is not None), default=None)

    def person_is_over(self) -> None:
        """The person's turn is over, whoever still takes it to go on."""
        for seat in self:
            seat.person_since_s = None

    def forget_turns(self, before_s: float) -> None:
        """Whatever person's turn began before this moment is over."""
        for seat in self:
            if seat.person_since_s is not None and seat.person_since_s <= before_s:
                seat.person_since_s = None

    def spoken_to(self, text: str) -> tuple[str, ...]:
        """Which of those present a text names, in its order."""
        return addressed(text, {s.bot: s.forms for s in self if s.is_present})

    def after(self, bot: str) -> tuple[str, ...]:
        """The others who are present, the next in order first."""
        order = self.bots
        at = order.index(bot) + 1 if bot in order else 0
        return tuple(b for b in (*order[at:], *order[:at]) if b != bot and self.is_present(b))

    def over_whom(self, bot: str, since_s: float, until_s: float) -> list[Seat]:
        """The others who sounded while this one heard somebody: its ears had it all at once."""
        least_s = HEARD_LATER_S + LEAST_OVER_S
        others = (seat for seat in self if seat.bot != bot and seat.is_present)
        return [seat for seat in others if seat.filled_s(since_s, until_s) > least_s]

    def sibling_at(self, bot: str, since_s: float, until_s: float) -> str:
        """The name of the other bot whose sound, as it is heard, fills most of this span."""
        best, most = "", _MOST_OF_IT * max(until_s - since_s, 1e-3)
        for seat in self:
            if seat.bot != bot and (filled := seat.filled_s(since_s, until_s)) >= most:
                best, most = seat.name, filled
        return best
