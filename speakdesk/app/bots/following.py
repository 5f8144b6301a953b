"""How a provider is asked for a bot's state: how often, how patiently, and after a sleep."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from speakdesk.app.bots.standing import BotStanding
from speakdesk.app.problems import status_unknown
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import Problem, ProviderError, Reason
from speakdesk.providers.base import MeetingProvider, ProviderStatus

STATUS_FAILURES_TO_TELL = 3
NEW_BOT_S = 20.0
LATE_BOT_S = 300.0
SLEPT_S = 30.0
WHY_PATIENCE_S = 3.0
# Three tries of 20 seconds, and the details of a bot that has ended.
LONGEST_ASKING_S = 120.0
NO_USE_ASKING_S = 60.0
LONGEST_WAIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a provider is asked for a bot's status, in seconds."""

    joining_s: float
    in_call_s: float


LOCAL_CADENCE = Cadence(0.15, 0.5)
REMOTE_CADENCE = Cadence(1.5, 5.0)


class Forgotten(Exception):
    """The provider does not know the bot any more."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


class StatusWatch:
    """Asks for one bot's status, fast until it is admitted, then slowly.

    A provider that does not answer is asked more slowly and told of once. `slept_s` is how long
    this computer slept since the last answer, 0 where it did not.
    """

    def __init__(self, provider: MeetingProvider, standing: BotStanding, clock: Clock) -> None:
        self._provider = provider
        self._standing = standing
        self._clock = clock
        self._asked_since: datetime | None = None
        self._join_at: datetime | None = None
        self._seen_at: datetime | None = None
        self._failures = 0
        self._last_problem: Problem | None = None
        self._told: Problem | None = None
        self._was_known = False
        self._reported: deque[ProviderStatus] = deque()
        self._came = asyncio.Event()
        self.slept_s = 0.0

    @property
    def has_report(self) -> bool:
        """True where the provider told something that `next` has not given out yet."""
        return bool(self._reported)

    def report(self, status: ProviderStatus) -> None:
        """The provider told of the bot by itself; `next` gives it out."""
        self._reported.append(status)
        self._came.set()

    async def next(self) -> ProviderStatus | None:
        """What the provider told by itself, else what it answers; whatever comes first.

        None where it cannot be had. Raises Forgotten.
        """
        if not self._reported:
            self._came.clear()
            asking = asyncio.ensure_future(self.ask())
            coming = asyncio.ensure_future(self._came.wait())
            try:
                await asyncio.wait({asking, coming}, return_when=asyncio.FIRST_COMPLETED)
                if asking.done():
                    return asking.result()
            finally:
                coming.cancel()
                asking.cancel()
                await asyncio.wait({asking, coming})
        self.hear()
        report = self._reported.popleft()
        is_plain_end = report.state is BotState.ENDED and report.problem is None
        return await self._why(report) if is_plain_end else report

    async def _why(self, report: ProviderStatus) -> ProviderStatus:
        """A report of a normal end gives no reason (contracts §4.2); ask once, but not for long."""
        try:
            async with asyncio.timeout(WHY_PATIENCE_S):
                asked = await self.ask()
        except (TimeoutError, Forgotten):
            return report
        return asked if asked is not None and asked.state is BotState.ENDED else report

    async def ask(self) -> ProviderStatus | None:
        """The bot's status now, None where it cannot be had. Raises Forgotten."""
        self._asked_since = self._asked_since or self._clock.now()
        self._join_at = self._standing.view.join_at or self._join_at
        try:
            status = await self._provider.status(self._standing.view.provider_bot_id)
        except ProviderError as e:
            self._fail(e.problem)
            return None
        finally:
            self._note_sleep(LONGEST_ASKING_S)
        self.hear()
        return status

    def hear(self) -> None:
        """The provider told of the bot, asked or by itself."""
        self._was_known = True
        self._failures = 0
        self._last_problem = None
        self._standing.recover(self._told)
        self._told = None

    async def pause(self, wake: asyncio.Event) -> None:
        """Wait until it is time to ask again, or `wake` is set; notices a sleep."""
        wait_s = self._wait_s()
        try:
            async with asyncio.timeout(wait_s):
                await wake.wait()
        except TimeoutError:
            pass
        self._note_sleep(wait_s)

    def _note_sleep(self, longest_s: float) -> None:
        """A step that took far longer by the clock on the wall than it can take: a sleep."""
        before, self._seen_at = self._seen_at, self._clock.now()
        if before is None:
            return
        took_s = (self._seen_at - before).total_seconds()
        if took_s > longest_s + SLEPT_S:
            self.slept_s += took_s

    def _fail(self, problem: Problem) -> None:
        self._failures += 1
        self._last_problem = problem
        if problem.reason is Reason.NOT_FOUND and not self._may_be_new():
            raise Forgotten(problem)
        is_hopeless = problem.reason is Reason.AUTHENTICATION
        if self._told is None and (is_hopeless or self._failures >= STATUS_FAILURES_TO_TELL):
            self._told = status_unknown(self._provider.name, problem)
            self._standing.trouble(self._told)

    def _may_be_new(self) -> bool:
        """True while a bot may be so new that the provider's own answers do not know it yet."""
        if self._was_known:
            return False
        now = self._clock.now()
        if self._join_at is not None:
            return (now - self._join_at).total_seconds() < LATE_BOT_S
        return (now - (self._asked_since or now)).total_seconds() < NEW_BOT_S

    def _wait_s(self) -> float:
        cadence = REMOTE_CADENCE if self._provider.needs_public_url else LOCAL_CADENCE
        in_call = self._standing.life.state is BotState.IN_CALL
        wait_s = cadence.in_call_s if in_call else cadence.joining_s
        problem = self._last_problem
        if problem is None:
            return wait_s
        if problem.reason is Reason.AUTHENTICATION:
            return max(wait_s, NO_USE_ASKING_S)
        wished_s = min(problem.retry_after_s or 0.0, LONGEST_WAIT_S)
        return max(wished_s, wait_s * min(4, 1 + self._failures))
