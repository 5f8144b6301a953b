"""Bots that answer bots: which one, when, and how often until a person speaks again."""

from __future__ import annotations

from speakdesk.domain.floor.seats import Seats

# Where it was not named, a bot answers another after this pause.
REPLY_PAUSE_S = 2.0
LONGEST_CHAIN = 6


class ReplyChain:
    """The next reply of one bot to another, at most `LONGEST_CHAIN` of them in a row."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self._length = 0
        self.bot = ""
        self.at_s = float("inf")

    def forget(self, bot: str = "") -> None:
        """Nobody replies any more, or this bot does not."""
        if not bot or bot == self.bot:
            self.bot, self.at_s = "", float("inf")

    def person_spoke(self) -> None:
        """A person spoke: counting begins anew."""
        self._length = 0
        self.forget()

    def take(self) -> str:
        """The bot whose reply is due now."""
        bot = self.bot
        self._length += 1
        self.forget()
        return bot

    def plan(self, speaker: str, text: str, free_at_s: float) -> None:
        """`speaker` has said this: one that is named replies at once, else one after a pause."""
        willing = [
            bot
            for bot in self._seats.after(speaker)
            if (seat := self._seats.find(bot)) is not None and seat.answers_bots
        ]
        if not willing or self._length >= LONGEST_CHAIN:
            return
        spoken_to = [bot for bot in self._seats.spoken_to(text) if bot != speaker]
        named = next((bot for bot in spoken_to if bot in willing), "")
        if named or not spoken_to:
            self.bot = named or willing[0]
            self.at_s = free_at_s + (0.0 if named else REPLY_PAUSE_S)
