"""The floors of this desk, one per meeting: its bots take turns.

    floors = Floors(publish)                     # the Desk makes one
    seat = floors.seat(meeting, bot_id, name, aliases_of(persona), on_place)
    VoiceOrder(..., floor=seat)
    seat.leave()                                 # when the bot has ended, however it ended

`on_place` is called before the FloorChanged event of the same change is published.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from loguru import logger

from speakdesk.domain.events import Event, FloorChanged
from speakdesk.domain.floor.rules import Floor
from speakdesk.domain.floor.terms import MaySpeak, MustStop, WishKind
from speakdesk.domain.launch import FloorPlace
from speakdesk.domain.meeting import MeetingLink
from speakdesk.domain.persona import Persona
from speakdesk.pipeline.contract import FloorHolder, FloorSeat

_SHORTEST_WAIT_S = 0.005


def aliases_of(persona: Persona) -> tuple[str, ...]:
    """The other names a persona listens to."""
    return persona.aliases


class Floors:
    """All floors; one exists while somebody sits at it."""

    def __init__(self, publish: Callable[[Event], None]) -> None:
        self._publish = publish
        self._meetings: dict[str, MeetingFloor] = {}

    def seat(
        self,
        meeting: MeetingLink,
        bot_id: str,
        name: str,
        aliases: Sequence[str] = (),
        on_place: Callable[[FloorPlace], None] | None = None,
    ) -> FloorSeat:
        """A place for this bot until `leave`; whoever took one first counts as launched first."""
        key = f"{meeting.platform}:{meeting.meeting_id}"
        floor = self._meetings.get(key)
        if floor is None:
            floor = self._meetings[key] = MeetingFloor(key, self._publish, self._forget)
        return floor.seat(bot_id, name, aliases, on_place)

    def _forget(self, key: str) -> None:
        self._meetings.pop(key, None)


class MeetingFloor:
    """One meeting's floor: carries the rules' orders to the voices and tells who stands where."""

    def __init__(
        self, key: str, publish: Callable[[Event], None], forget: Callable[[str], None]
    ) -> None:
        self.rules = Floor()
        self._key = key
        self._publish = publish
        self._forget = forget
        self._places: dict[str, tuple[FloorPlace, Callable[[FloorPlace], None] | None]] = {}
        self._holders: dict[str, FloorHolder] = {}
        self._told: tuple[str, tuple[str, ...]] = ("", ())
        self._timer: asyncio.TimerHandle | None = None

    def seat(
        self,
        bot_id: str,
        name: str,
        aliases: Sequence[str],
        on_place: Callable[[FloorPlace], None] | None,
    ) -> BotSeat:
        """One more bot."""
        self.rules.seats.add(bot_id, name, aliases)
        self._places[bot_id] = (FloorPlace.FREE, on_place)
        return BotSeat(self, bot_id, name)

    def now_s(self) -> float:
        """The loop's clock."""
        return asyncio.get_running_loop().time()

    def join(self, bot_id: str, holder: FloorHolder) -> None:
        """The voice of a bot."""
        self._holders[bot_id] = holder

    def leave(self, bot_id: str) -> None:
        """One less; the last one ends the floor."""
        self.rules.leave(bot_id, self.now_s())
        self._holders.pop(bot_id, None)
        self.settle()
        self._places.pop(bot_id, None)
        if not self._places:
            self._forget(self._key)

    def settle(self, asking: str = "") -> bool:
        """Carry out what follows; True where `asking`, which is not called for it, may speak."""
        may_speak = False
        while orders := self.rules.take_orders():
            for order in orders:
                if isinstance(order, MaySpeak) and order.bot == asking:
                    may_speak = True
                    continue
                if isinstance(order, MustStop) and order.bot == asking:
                    may_speak = False
                self._carry_out(order)
        self._tell()
        self._set_timer()
        return may_speak

    def tell_siblings(self, bot_id: str, name: str, text: str) -> None:
        """What one has said, to the others in the call."""
        for other in self.rules.seats.present:
            if other != bot_id and (holder := self._holders.get(other)) is not None:
                holder.sibling_said(name, text)

    def _carry_out(self, order: MaySpeak | MustStop) -> None:
        holder = self._holders.get(order.bot)
        if holder is None:
            self.rules.failed(order.bot, self.now_s())
        elif isinstance(order, MaySpeak):
            holder.may_speak(order.kind)
        else:
            logger.debug("{}: the floor is no longer this bot's", order.bot)
            holder.must_stop()

    def _tell(self) -> None:
        standing = (self.rules.holder, self.rules.waiting)
        if len(self.rules.seats.present) < 2 and self._told == ("", ()):
            return
        if len(self.rules.seats.present) < 2:
            standing = ("", ())
        if standing == self._told:
            return
        self._told = standing
        holder, waiting = standing
        for bot_id, (before, on_place) in self._places.items():
            place = FloorPlace.FREE
            if bot_id == holder:
                place = FloorPlace.HOLDS
            elif bot_id in waiting:
                place = FloorPlace.WAITS
            if place is not before:
                self._places[bot_id] = (place, on_place)
                if on_place is not None:
                    on_place(place)
        self._publish(FloorChanged(bot_id=holder, meeting=self._key, waiting=waiting))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_s = self.rules.next_moment_s()
        if due_s is not None and self._places:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(due_s, loop.time() + _SHORTEST_WAIT_S), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.rules.tick(self.now_s())
        self.settle()


class BotSeat:
    """One bot's place (`pipeline/contract.FloorSeat`)."""

    def __init__(self, floor: MeetingFloor, bot_id: str, name: str) -> None:
        self._floor = floor
        self._rules = floor.rules
        self._bot_id = bot_id
        self._name = name
        self._has_left = False

    def join(self, holder: FloorHolder, *, answers_other_bots: bool) -> None:
        """The voice that sits here."""
        if not self._has_left:
            self._floor.join(self._bot_id, holder)
            self._rules.seats.set_answers_bots(self._bot_id, answers_other_bots)

    def present(self, is_present: bool) -> None:
        """Whether the bot can hear and be heard."""
        self._rules.set_present(self._bot_id, is_present, self._floor.now_s())
        self._floor.settle()

    @property
    def is_alone(self) -> bool:
        """True where no other bot of this desk is present."""
        return self._rules.seats.is_alone(self._bot_id)

    def person_began(self) -> None:
        """A person takes a turn."""
        self._rules.person_began(self._bot_id, self._floor.now_s())
        self._floor.settle()

    def person_said(self, text: str, since_s: float, until_s: float, *, is_agreement: bool) -> bool:
        """The person's turn is over; True: answer now."""
        self._rules.person_said(
            self._bot_id,
            text,
            since_s,
            until_s,
            self._floor.now_s(),
            is_agreement=is_agreement,
        )
        return self._floor.settle(self._bot_id)

    def person_stopped(self) -> None:
        """The person's turn came to nothing."""
        self._rules.person_stopped(self._bot_id, self._floor.now_s())
        self._floor.settle()

    def wish(self, kind: WishKind, *, first: bool = False) -> bool | None:
        """Ask to speak: now, later, or (None) not at all."""
        now_s = self._floor.now_s()
        is_wanted = self._rules.wish(self._bot_id, kind, now_s, first=first)
        may_speak = self._floor.settle(self._bot_id)
        return may_speak if is_wanted else None

    def working(self, patience_s: float | None = None) -> None:
        """A sign of life."""
        self._rules.working(self._bot_id, self._floor.now_s(), patience_s)

    def sounding(self) -> None:
        """Sound has begun to leave."""
        self._rules.sounding(self._bot_id, self._floor.now_s())
        self._floor.settle()

    def said(self, text: str, *, interrupted: bool) -> None:
        """A line of the bot as it was spoken."""
        if not self._has_left:
            self._rules.said(self._bot_id, text, interrupted=interrupted)
            self._floor.tell_siblings(self._bot_id, self._name, text)

    def done(self, on_wire_s: float = 0.0) -> None:
        """Nothing more is to be heard once what is on the wire has been played."""
        self._rules.done(self._bot_id, self._floor.now_s(), on_wire_s)
        self._floor.settle()

    def failed(self) -> None:
        """What was to be said cannot be made."""
        self._rules.failed(self._bot_id, self._floor.now_s())
        self._floor.settle()

    def withdraw(self) -> None:
        """Hushed."""
        self._rules.withdraw(self._bot_id, self._floor.now_s())
        self._floor.settle()

    def sibling_at(self, since_s: float, until_s: float) -> str:
        """The other bot whose sound fills most of this span."""
        return self._rules.seats.sibling_at(self._bot_id, since_s, until_s)

    def leave(self) -> None:
        """Give the place up."""
        if not self._has_left:
            self._has_left = True
            self._floor.leave(self._bot_id)
