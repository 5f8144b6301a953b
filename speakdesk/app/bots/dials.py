"""How often a bot's sockets come and go, and what the person is told of that."""

from __future__ import annotations

from collections import deque

from speakdesk.app.bots.standing import BotStanding
from speakdesk.app.problems import dials_again_and_again
from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import Problem

OFTEN = 5
WITHIN_S = 14.0
CALM_S = 30.0


class Dials:
    """Notices a bot that dials again and again, and when it has calmed down.

    Five openings within 14 seconds are too many: a service that lost its line waits 1, 2, 4, 8, …
    seconds between its dials (contracts/meetingbaas.md §3.4).
    """

    def __init__(self, standing: BotStanding, provider: str, clock: Clock) -> None:
        self._standing = standing
        self._provider = provider
        self._clock = clock
        self._opened: deque[float] = deque(maxlen=OFTEN)
        self._beside: deque[bool] = deque(maxlen=OFTEN)
        self._told: Problem | None = None
        self._excess: Problem | None = None
        self._excess_s = 0.0

    def opened(self, *, beside_another: bool = False) -> None:
        """A socket opened, perhaps while another one of the same bot was still open."""
        now_s = self._clock.monotonic()
        self._opened.append(now_s)
        self._beside.append(beside_another)
        took_s = now_s - self._opened[0]
        is_often = len(self._opened) == OFTEN and took_s < WITHIN_S
        # What was closed for its excess dials again for that reason, which is told already.
        if self._told is None and self._excess is None and is_often:
            is_double = sum(self._beside) > OFTEN // 2
            often_s = took_s / (OFTEN - 1)
            self._told = dials_again_and_again(self._provider, often_s, is_double=is_double)
            self._standing.trouble(self._told)

    def exceeded(self, problem: Problem) -> None:
        """A socket was closed for what it sent."""
        self._excess_s = self._clock.monotonic()
        if self._excess is None:
            self._excess = problem
            self._standing.trouble(problem)

    def look(self) -> None:
        """Take back what has not happened for a while."""
        now_s = self._clock.monotonic()
        if self._told is not None and now_s - self._opened[-1] >= CALM_S:
            self._standing.recover(self._told)
            self._told = None
        if self._excess is not None and now_s - self._excess_s >= CALM_S:
            self._standing.recover(self._excess)
            self._excess = None
