"""One floor per meeting: which of this desk's bots may speak, and who waits. Pure rules.

Times are monotonic seconds handed in. What a bot may or must do now comes out of `take_orders`;
`next_moment_s` says when `tick` has something to do. A bot that is the only one present is never
kept waiting.
"""

from __future__ import annotations

from collections.abc import Sequence

from speakdesk.domain.floor.chain import ReplyChain
from speakdesk.domain.floor.seats import Seats
from speakdesk.domain.floor.terms import (
    CLAIM_S,
    DIALOGUE,
    GAP_S,
    LONGEST_THOUGHT_S,
    LONGEST_TURN_S,
    LOST_S,
    SAME_TURN_S,
    SIGN_S,
    STALE,
    STUCK_S,
    TO_REPLY_TO,
    Hold,
    MaySpeak,
    MustStop,
    Order,
    Round,
    Wish,
    WishKind,
)


class Floor:
    """Who speaks, who waits. Bots are known by their ids, in the order they took their seats."""

    def __init__(self) -> None:
        self.seats = Seats()
        self._queue: list[Wish] = []
        self._hold: Hold | None = None
        self._free_at_s = float("-inf")
        self._round: Round | None = None
        self._dialogue = ""
        self._replies = ReplyChain(self.seats)
        self._has_asked_idle = False
        self._orders: list[Order] = []

    # What there is

    @property
    def holder(self) -> str:
        """Who holds the floor; empty where it is free."""
        return self._hold.bot if self._hold is not None else ""

    @property
    def waiting(self) -> tuple[str, ...]:
        """Who wants to speak next, in order."""
        ready = (w.bot for w in self._queue if w.claim_by_s is None and w.bot != self.holder)
        return tuple(dict.fromkeys(ready))

    def take_orders(self) -> list[Order]:
        """What follows from all that was told, oldest first; each once."""
        orders, self._orders = self._orders, []
        return orders

    def next_moment_s(self) -> float | None:
        """When `tick` is due; None where time alone changes nothing."""
        if len(self.seats.present) < 2 and not self._queue:
            return None
        moments: list[float] = []
        if self._hold is not None:
            moments.append(self._hold.until_s)
        elif (turn_s := self.seats.person_since_s()) is not None:
            moments.append(turn_s + LONGEST_TURN_S)
        elif (head := self._head()) is not None:
            moments.append(max(self._free_at_s, head.claim_by_s or self._free_at_s))
        elif self._replies.bot:
            moments.append(self._replies.at_s)
        return min(moments, default=None)

    # Who is there

    def set_present(self, bot: str, is_present: bool, now_s: float) -> None:
        """It is in the call and can be heard, or no longer."""
        seat = self.seats.find(bot)
        if seat is None or seat.is_present == is_present:
            return
        seat.is_present = is_present
        seat.person_since_s = None
        if self._hold is not None and self._hold.bot == bot:
            self._hold.until_s = now_s + (STUCK_S if is_present else LOST_S)
        self._grant(now_s)

    def leave(self, bot: str, now_s: float) -> None:
        """It is gone, with all it wanted."""
        seat = self.seats.remove(bot)
        if seat is None:
            return
        for wish in [w for w in self._queue if w.bot == bot]:
            self._drop(wish, now_s)
        self._replies.forget(bot)
        hold = self._hold
        if hold is not None and hold.bot == bot:
            self._release(now_s + GAP_S)
            self._hand_on(hold, now_s)
        if self._dialogue == bot:
            self._dialogue = ""
        self._grant(now_s)

    # People

    def person_began(self, bot: str, now_s: float) -> None:
        """This bot hears a person take a turn: nobody begins to speak until it is decided."""
        if (seat := self.seats.find(bot)) is None:
            return
        seat.hears_person(now_s)
        self._replies.forget()
        self._queue = [w for w in self._queue if w.kind not in (WishKind.REPLY, WishKind.IDLE)]

    def person_stopped(self, bot: str, now_s: float) -> None:
        """The turn that this bot heard came to nothing."""
        if (seat := self.seats.find(bot)) is not None:
            seat.person_since_s = None
            self._grant(now_s)

    def person_said(
        self,
        bot: str,
        text: str,
        since_s: float,
        until_s: float,
        now_s: float,
        *,
        is_agreement: bool = False,
    ) -> None:
        """This bot has heard a whole turn of a person; whoever it is for may answer at once.

        `is_agreement` ("mm-hm") is no question where another bot speaks. Over another bot's speech
        that one hears best: unless it noticed a person as well, nobody asked anything.
        """
        if self.seats.find(bot) is None:
            return
        over = self.seats.over_whom(bot, since_s, until_s)
        if any(seat.person_began_s < since_s for seat in over):
            self.person_stopped(bot, now_s)
            return
        if over:
            # Names in it may be the other bot's words.
            text = ""
        self.seats.person_is_over()
        if is_agreement and self.holder not in ("", bot):
            return
        self._replies.person_spoke()
        self._has_asked_idle = False
        known = self._round
        if known is None or (since_s >= known.until_s + SAME_TURN_S or bot in known.heard_by):
            self._heard_first(bot, text, since_s, until_s, now_s)
        elif until_s > known.since_s:
            self._heard_too(known, bot, text, now_s)
        # Else it is what was said before the words that are known already.
        self._grant(now_s)

    def _heard_first(
        self, bot: str, text: str, since_s: float, until_s: float, now_s: float
    ) -> None:
        self._round = turn = Round(since_s, until_s, {bot})
        self._queue = [w for w in self._queue if w.kind not in STALE]
        hold = self._hold
        if hold is not None and hold.bot != bot and hold.is_unheard and hold.kind in STALE:
            # An answer to what was said before, of a bot that did not notice.
            self._stop(now_s)
        if self.seats.is_alone(bot):
            self._take(Wish(bot, WishKind.ANSWER, turn), now_s)
            return
        spoken_to = self.seats.spoken_to(text)
        turn.is_named = bool(spoken_to)
        turn.is_for_several = len(spoken_to) > 1
        self._ask(turn, spoken_to or self._candidates()[:1], now_s)

    def _heard_too(self, turn: Round, bot: str, text: str, now_s: float) -> None:
        turn.heard_by.add(bot)
        for wish in self._queue:
            if wish.bot == bot and wish.round is turn:
                wish.claim_by_s = None
        if turn.is_named or turn.is_answered or not (spoken_to := self.seats.spoken_to(text)):
            return
        # Its ears caught a name that the first one's missed; no sound yet, so it may still count.
        hold = self._hold
        turn.is_named, turn.is_for_several = True, len(spoken_to) > 1
        self._queue = [w for w in self._queue if w.round is not turn]
        if hold is not None and hold.round is turn:
            if hold.bot == spoken_to[0]:
                spoken_to = spoken_to[1:]
            else:
                self._stop(now_s)
        self._ask(turn, spoken_to, now_s)

    def _candidates(self) -> tuple[str, ...]:
        """Who may answer what was said to nobody by name, the first choice first."""
        present = self.seats.present
        if self._dialogue in present:
            return (self._dialogue, *(b for b in present if b != self._dialogue))
        return present

    def _ask(self, turn: Round, bots: Sequence[str], now_s: float) -> None:
        """These are to answer, in this order, before all else that waits."""
        turn.tried.update(bots)
        self._queue[:0] = [
            Wish(b, WishKind.ANSWER, turn, None if b in turn.heard_by else now_s + CLAIM_S)
            for b in bots
        ]

    # What bots want and do

    def wish(self, bot: str, kind: WishKind, now_s: float, *, first: bool = False) -> bool:
        """It wants to speak: it may now, or waits in order. False: it is not wanted at all.

        `first` puts it before everything that waits but answers. Only one bot asks whether anybody
        is there, and only into a real silence.
        """
        if (seat := self.seats.find(bot)) is None:
            return False
        wish = Wish(bot, kind)
        if self.seats.is_alone(bot):
            self._take(wish, now_s)
            return True
        if kind is WishKind.IDLE:
            if self._hold is not None or self._queue or self._has_asked_idle or not seat.is_present:
                return False
            self._has_asked_idle = True
        place = len(self._queue)
        if first:
            answers = (WishKind.ANSWER, WishKind.REPLY)
            place = next((i for i, w in enumerate(self._queue) if w.kind not in answers), place)
        self._queue.insert(place, wish)
        self._grant(now_s)
        return True

    def working(self, bot: str, now_s: float, patience_s: float | None = None) -> None:
        """A sign of life of what it is making; the next comes within `patience_s`."""
        hold = self._hold
        if hold is not None and hold.bot == bot:
            usual_s = STUCK_S if hold.has_sounded else SIGN_S
            hold.until_s = now_s + (usual_s if patience_s is None else patience_s)

    def sounding(self, bot: str, now_s: float) -> None:
        """Its sound begins to leave; where another holds the floor it is told to stop."""
        if (seat := self.seats.find(bot)) is None:
            return
        if seat.sound_since_s is None:
            seat.sound_since_s = now_s
        hold = self._hold
        if hold is None or (hold.bot != bot and not self.seats.is_present(hold.bot)):
            if hold is not None:
                self._stop(now_s)
            hold = self._hold = Hold(bot, None, now_s, now_s + STUCK_S)
        if hold.bot != bot:
            self._orders.append(MustStop(bot))
            return
        hold.has_sounded = True
        hold.until_s = now_s + STUCK_S
        if hold.round is not None:
            hold.round.is_answered = True
        if hold.kind in DIALOGUE:
            self._dialogue = bot

    def said(self, bot: str, text: str, *, interrupted: bool) -> None:
        """A line of it was spoken."""
        hold = self._hold
        if hold is not None and hold.bot == bot and hold.kind in TO_REPLY_TO:
            hold.said = "" if interrupted else f"{hold.said} {text}".strip()

    def done(self, bot: str, now_s: float, on_wire_s: float = 0.0) -> None:
        """Nothing more of it is to come; what is on the wire is still heard."""
        if (seat := self.seats.find(bot)) is None:
            return
        if seat.sound_since_s is not None:
            seat.sounds.append((seat.sound_since_s, now_s + on_wire_s))
            seat.sound_since_s = None
        hold = self._hold
        if hold is None or hold.bot != bot:
            return
        self._release(now_s + on_wire_s + GAP_S if hold.has_sounded else now_s)
        if hold.has_sounded and hold.said:
            self._replies.plan(bot, hold.said, self._free_at_s)
        self._grant(now_s)

    def failed(self, bot: str, now_s: float) -> None:
        """What it was to say cannot be made; its services failed. The next one may answer."""
        hold = self._hold
        if hold is None or hold.bot != bot or hold.has_sounded:
            return
        if self._next_to_ask(hold.round) or self.waiting:
            self._stop(now_s)
            self._hand_on(hold, now_s)
        elif hold.round is None:
            # A line is made once; an answer may yet come, and nobody else wants to speak.
            self._release(now_s)
        self._grant(now_s)

    def withdraw(self, bot: str, now_s: float) -> None:
        """Hushed: it wants nothing any more, and nobody answers in its place."""
        self._queue = [w for w in self._queue if w.bot != bot]
        self._replies.forget(bot)
        if self._hold is not None and self._hold.bot == bot:
            self._hold.said = ""
            self.done(bot, now_s)
        self._grant(now_s)

    def tick(self, now_s: float) -> None:
        """Time has passed: nobody who is stuck holds up the others."""
        self.seats.forget_turns(now_s - LONGEST_TURN_S)
        hold = self._hold
        if hold is not None and now_s >= hold.until_s:
            self._on_overdue(hold, now_s)
        is_quiet = self._hold is None and not self._queue
        if is_quiet and self.seats.person_since_s() is None and now_s >= self._replies.at_s:
            self._queue.append(Wish(self._replies.take(), WishKind.REPLY))
        self._grant(now_s)

    # Inside

    def _on_overdue(self, hold: Hold, now_s: float) -> None:
        is_wanted = any(w.bot != hold.bot and self.seats.is_present(w.bot) for w in self._queue)
        if not is_wanted and not hold.has_sounded and hold.kind is WishKind.ANSWER:
            is_wanted = self._next_to_ask(hold.round) != ""
        is_over = not hold.has_sounded and now_s >= hold.since_s + LONGEST_THOUGHT_S
        if not is_wanted and not is_over:
            hold.until_s = now_s + (SIGN_S if self.seats.is_present(hold.bot) else LOST_S)
            return
        self._stop(now_s)
        if not hold.has_sounded:
            self._hand_on(hold, now_s)

    def _stop(self, now_s: float) -> None:
        """Take the floor from its holder."""
        hold = self._hold
        if hold is not None:
            self._orders.append(MustStop(hold.bot))
            self._release(now_s + GAP_S if hold.has_sounded else now_s)

    def _release(self, free_at_s: float) -> None:
        self._hold = None
        self._free_at_s = max(self._free_at_s, free_at_s)

    def _hand_on(self, hold: Hold, now_s: float) -> None:
        """The question nobody has answered yet goes to the next who heard it."""
        if hold.has_sounded or hold.kind is not WishKind.ANSWER or hold.round is None:
            return
        if bot := self._next_to_ask(hold.round):
            self._ask(hold.round, (bot,), now_s)

    def _next_to_ask(self, turn: Round | None) -> str:
        if turn is None or turn is not self._round or turn.is_for_several:
            return ""
        left = [b for b in self._candidates() if b not in turn.tried]
        return next((b for b in left if b in turn.heard_by), left[0] if left else "")

    def _drop(self, wish: Wish, now_s: float) -> None:
        """This wish will not come true; a question goes to the next."""
        self._queue.remove(wish)
        self._hand_on(Hold(wish.bot, wish.kind, now_s, now_s, wish.round), now_s)

    def _head(self) -> Wish | None:
        """The wish that comes next; those of bots that lost their socket are passed over."""
        return next((w for w in self._queue if self.seats.is_present(w.bot)), None)

    def _grant(self, now_s: float) -> None:
        while self._hold is None and self.seats.person_since_s() is None:
            absent = [
                w for w in self._queue if w.kind in STALE and not self.seats.is_present(w.bot)
            ]
            for wish in absent:
                self._drop(wish, now_s)
            head = self._head()
            if head is None:
                return
            if head.claim_by_s is not None:
                if now_s < head.claim_by_s:
                    return
                self._drop(head, now_s)
                continue
            if now_s < self._free_at_s:
                return
            self._queue.remove(head)
            self._take(head, now_s)

    def _take(self, wish: Wish, now_s: float) -> None:
        """The floor is its own now; a bot that holds it already goes on holding it."""
        if self._hold is not None and self._hold.bot != wish.bot:
            self._stop(now_s)
        hold = Hold(wish.bot, wish.kind, now_s, now_s + SIGN_S, wish.round)
        if self._hold is not None:
            hold.has_sounded = self._hold.has_sounded
        self._hold = hold
        self._replies.forget()
        self._orders.append(MaySpeak(wish.bot, wish.kind))
