"""Turns of a recording beside those of its replay, and where the two differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from speakdesk.domain.events import Event, LineFinal, TurnTimed
from speakdesk.pipeline.replay.script import without_unheard
from speakdesk.store.flight.lines import FlightLine, turns_of

# Turns that begin so far apart are not the same one, unless they overlap.
_SAME_TURN_S = 2.0
# An answer's timing is told as its first sound leaves.
_TIMED_S = 0.5


@dataclass(frozen=True, slots=True)
class Part:
    """One side's part of a turn, in seconds of the recording; `lines_s` is each line's span."""

    start_s: float
    stop_s: float
    text: str
    speakers: tuple[str, ...] = ()
    interrupted: bool = False
    lines_s: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayTurn:
    """What people said and what the bot answered; either may be missing.

    `unanswered_s` is when the model was asked and the recording holds no answer to give.
    """

    person: Part | None
    bot: Part | None
    timing: TurnTimed | None = None
    unanswered_s: float | None = None

    @property
    def start_s(self) -> float:
        """Where it begins."""
        return min(part.start_s for part in (self.person, self.bot) if part is not None)

    @property
    def stop_s(self) -> float:
        """Where it ends."""
        return max(part.stop_s for part in (self.person, self.bot) if part is not None)

    def to_json(self) -> dict[str, Any]:
        """The turn as JSON values."""
        timing = self.timing
        return {
            "person": _part_json(self.person),
            "bot": _part_json(self.bot),
            "timing": None
            if timing is None
            else {
                "turn_decided_ms": timing.turn_decided_ms,
                "transcript_ms": timing.transcript_ms,
                "first_token_ms": timing.first_token_ms,
                "first_audio_ms": timing.first_audio_ms,
                "on_wire_ms": timing.on_wire_ms,
                "total_ms": timing.total_ms,
            },
            "asked_without_answer_s": self.unanswered_s,
        }


class Boundary(StrEnum):
    """What a difference is about, in words."""

    TURN = "the turn"
    PERSON = "the person's part"
    BOT = "the bot's part"
    PERSON_START = "the person's start"
    PERSON_STOP = "the person's stop"
    BOT_START = "the bot's start"
    BOT_STOP = "the bot's stop"
    BOT_LINES = "the bot's lines"
    INTERRUPTED = "the interruption"
    ORDER = "the order"
    ANSWER = "the answer"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a replay is not as the recording; seconds where both have the boundary."""

    turn: int
    what: Boundary
    at_s: float
    sentence: str
    old_s: float | None = None
    new_s: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The difference as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TurnPair:
    """A turn then and now; `number` counts from 1. None where there is none."""

    number: int
    old: ReplayTurn | None
    new: ReplayTurn | None
    differences: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """The pair as JSON values."""
        return {
            "turn": self.number,
            "old": self.old.to_json() if self.old else None,
            "new": self.new.to_json() if self.new else None,
            "differences": [difference.to_json() for difference in self.differences],
        }


def lines_from(
    events: Iterable[tuple[float, Event]], started: datetime, bot_name: str
) -> tuple[FlightLine, ...]:
    """The lines of a replay, in the order they began; `started` is the recording's beginning."""
    found = []
    for told_s, event in events:
        if not isinstance(event, LineFinal):
            continue
        since_s = min(max(0.0, (event.at - started).total_seconds()), told_s)
        until_s = told_s if event.seconds is None else since_s + event.seconds
        found.append(
            FlightLine(
                number=0,
                line_id=event.line_id,
                since_s=since_s,
                until_s=until_s,
                told_s=told_s,
                speaker=event.speaker,
                text=without_unheard(event.text),
                is_bot=event.is_bot and event.speaker == bot_name,
                is_any_bot=event.is_bot,
                interrupted=event.interrupted,
            )
        )
    return tuple(sorted(found, key=lambda line: (line.since_s, line.told_s)))


def replay_turns(
    lines: Sequence[FlightLine],
    events: Iterable[tuple[float, Event]],
    unanswered_s: Sequence[float] = (),
) -> tuple[ReplayTurn, ...]:
    """The turns of a meeting from its lines and the timing of its answers."""
    timings = [(at_s, event) for at_s, event in events if isinstance(event, TurnTimed)]
    turns = []
    for turn in turns_of(tuple(lines)):
        person = _part([line for line in turn.lines if not line.is_bot])
        bot = _part([line for line in turn.lines if line.is_bot])
        timing = next(
            (t for at_s, t in timings if bot is not None and abs(at_s - bot.start_s) < _TIMED_S),
            None,
        )
        turns.append(ReplayTurn(person, bot, timing))
    return tuple(_with_unanswered(turns, unanswered_s))


def pair_up(
    old: Sequence[ReplayTurn], new: Sequence[ReplayTurn], tolerance_s: float
) -> tuple[TurnPair, ...]:
    """Both, turn by turn in time, with what differs by more than the tolerance."""
    pairs = []
    for number, (before, after) in enumerate(_pairs(old, new), start=1):
        differences = tuple(_differences(number, before, after, tolerance_s))
        pairs.append(TurnPair(number, before, after, differences))
    return tuple(pairs)


def _pairs(
    old: Sequence[ReplayTurn], new: Sequence[ReplayTurn]
) -> Iterator[tuple[ReplayTurn | None, ReplayTurn | None]]:
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and _is_same(old[i], new[j]):
            yield old[i], new[j]
            i, j = i + 1, j + 1
        elif j >= len(new) or (i < len(old) and old[i].start_s <= new[j].start_s):
            yield old[i], None
            i += 1
        else:
            yield None, new[j]
            j += 1


def _is_same(old: ReplayTurn, new: ReplayTurn) -> bool:
    one, other = old.person or old.bot, new.person or new.bot
    if (old.person is None) != (new.person is None):
        one, other = old.bot, new.bot
    if one is None or other is None:
        return False
    if abs(one.start_s - other.start_s) <= _SAME_TURN_S:
        return True
    return one.start_s < other.stop_s and other.start_s < one.stop_s


def _differences(
    number: int, old: ReplayTurn | None, new: ReplayTurn | None, tolerance_s: float
) -> Iterator[Difference]:
    if old is None or new is None:
        if (turn := old or new) is not None:
            words = "is new" if old is None else "is no more"
            yield Difference(number, Boundary.TURN, turn.start_s, f"the turn {words}")
        return
    sides = (
        (Boundary.PERSON, Boundary.PERSON_START, Boundary.PERSON_STOP, old.person, new.person),
        (Boundary.BOT, Boundary.BOT_START, Boundary.BOT_STOP, old.bot, new.bot),
    )
    for whole, start, stop, before, after in sides:
        if before is None or after is None:
            if (there := before or after) is not None:
                words = "is new" if before is None else "is no more"
                yield Difference(number, whole, there.start_s, f"{whole} {words}")
            continue
        yield from _moved(number, start, before.start_s, after.start_s, tolerance_s)
        yield from _moved(number, stop, before.stop_s, after.stop_s, tolerance_s)
        if before.interrupted != after.interrupted:
            words = "was interrupted" if before.interrupted else "is interrupted now"
            otherwise = " and is not now" if before.interrupted else ""
            yield Difference(
                number, Boundary.INTERRUPTED, before.stop_s, f"{whole} {words}{otherwise}"
            )
    if old.bot is not None and new.bot is not None:
        yield from _inside(number, old.bot, new.bot, tolerance_s)
    if _order(old, tolerance_s) * _order(new, tolerance_s) < 0:
        yield Difference(
            number, Boundary.ORDER, old.start_s, "the bot and the person speak in another order"
        )
    if new.unanswered_s is not None:
        yield Difference(
            number,
            Boundary.ANSWER,
            new.unanswered_s,
            "the model is asked now, where the recording holds no answer",
        )


def _inside(number: int, old: Part, new: Part, tolerance_s: float) -> Iterator[Difference]:
    """Where the bot's part has several lines: their number, and the boundaries between them."""
    if len(old.lines_s) != len(new.lines_s):
        sentence = f"the bot's lines are {len(new.lines_s)}, not {len(old.lines_s)}"
        yield Difference(number, Boundary.BOT_LINES, old.start_s, sentence)
        return
    spans = list(zip(old.lines_s, new.lines_s, strict=True))
    for (before, after), (next_before, next_after) in pairwise(spans):
        yield from _moved(number, Boundary.BOT_LINES, before[1], after[1], tolerance_s)
        yield from _moved(number, Boundary.BOT_LINES, next_before[0], next_after[0], tolerance_s)


def _moved(
    number: int, what: Boundary, old_s: float, new_s: float, tolerance_s: float
) -> Iterator[Difference]:
    by_s = new_s - old_s
    if abs(by_s) > tolerance_s:
        verb = "are" if what is Boundary.BOT_LINES else "is"
        sentence = f"{what} {verb} {abs(by_s):.2f} s {'later' if by_s > 0 else 'earlier'}"
        yield Difference(number, what, old_s, sentence, old_s, new_s)


def _order(turn: ReplayTurn, tolerance_s: float) -> int:
    """Who began: 1 the person, -1 the bot, 0 where that cannot be told."""
    if turn.person is None or turn.bot is None:
        return 0
    by_s = turn.bot.start_s - turn.person.start_s
    return 0 if abs(by_s) <= tolerance_s else (1 if by_s > 0 else -1)


def _part(lines: Sequence[FlightLine]) -> Part | None:
    if not lines:
        return None
    return Part(
        start_s=min(line.since_s for line in lines),
        stop_s=max(map(_stop_of, lines)),
        text=" ".join(line.text for line in lines),
        speakers=tuple(dict.fromkeys(line.speaker for line in lines)),
        interrupted=any(line.interrupted for line in lines),
        lines_s=tuple((line.since_s, _stop_of(line)) for line in lines),
    )


def _stop_of(line: FlightLine) -> float:
    """When the line's last sound came; the bot's may have been held, which no length shows."""
    return line.told_s if line.is_bot and not line.interrupted else line.until_s


def _part_json(part: Part | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {
        "start_s": round(part.start_s, 3),
        "stop_s": round(part.stop_s, 3),
        "text": part.text,
        "speakers": list(part.speakers),
        "interrupted": part.interrupted,
        "lines_s": [[round(since_s, 3), round(until_s, 3)] for since_s, until_s in part.lines_s],
    }


def _with_unanswered(
    turns: Sequence[ReplayTurn], unanswered_s: Sequence[float]
) -> Iterator[ReplayTurn]:
    """Each question that got no answer goes to the last turn that began before it."""
    left = sorted(unanswered_s)
    for i, turn in enumerate(turns):
        until_s = turns[i + 1].start_s if i + 1 < len(turns) else float("inf")
        own = [at_s for at_s in left if at_s < until_s]
        left = left[len(own) :]
        asked_s = own[0] if own else None
        yield ReplayTurn(turn.person, turn.bot, turn.timing, asked_s)
