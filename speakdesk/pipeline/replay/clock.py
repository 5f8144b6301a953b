"""An event loop whose time is a recording's: it jumps to the next timer, or runs N times as fast.

While anything runs in a thread, or holds the clock, time stands still: what happens when does not
depend on how fast a machine is.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

_START_S = 1000.0
# A piece of work outside that never says it is done must not stop the clock for good.
LONGEST_HOLD_S = 30.0


class _PacedSelector(selectors.DefaultSelector):
    """Waits for what is ready; where nothing is, moves `now_s` instead of waiting."""

    def __init__(self, speed: float | None) -> None:
        super().__init__()
        self.now_s = _START_S
        self.busy = 0
        self._speed = speed
        self._real_start_s = time.monotonic()

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is not None and timeout <= 0:
            return super().select(timeout)
        if self.busy:
            # Whatever ends the work outside wakes the loop by its own descriptor.
            ready = super().select(LONGEST_HOLD_S)
            if ready or timeout is None:
                return ready
        if timeout is None:
            ready = super().select(timeout)
            self.now_s = max(self.now_s, self._reached_s())
            return ready
        due_s = self.now_s + timeout
        ready = super().select(self._real_wait_s(due_s))
        self.now_s = due_s if not ready else min(due_s, max(self.now_s, self._reached_s()))
        return ready

    def _real_wait_s(self, due_s: float) -> float:
        if self._speed is None:
            return 0.0
        real_due_s = self._real_start_s + (due_s - _START_S) / self._speed
        return max(0.0, real_due_s - time.monotonic())

    def _reached_s(self) -> float:
        if self._speed is None:
            return self.now_s
        return _START_S + (time.monotonic() - self._real_start_s) * self._speed


class ReplayLoop(asyncio.SelectorEventLoop):
    """A loop on a time of its own. `speed` None: as fast as the work allows."""

    def __init__(self, speed: float | None = None) -> None:
        self._paced = _PacedSelector(speed)
        super().__init__(self._paced)

    def time(self) -> float:
        """Seconds of this loop's own time."""
        return self._paced.now_s

    def hold(self) -> Callable[[], None]:
        """Let time stand still for work outside, until what this returns is called.

        That may be called more than once, on the loop's thread.
        """
        self._paced.busy += 1
        is_held = True

        def let_go() -> None:
            nonlocal is_held
            if is_held:
                is_held = False
                self._paced.busy -= 1

        return let_go

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """As asyncio's; time stands still meanwhile."""
        let_go = self.hold()
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(lambda _: let_go())
        return future


def run(work: Coroutine[Any, Any, T], speed: float | None = None) -> T:
    """Run `work` to its end on a loop of its own, in this thread; cancels what it leaves behind.

    Blocking; must not be called inside a running loop.
    """
    with asyncio.Runner(loop_factory=lambda: ReplayLoop(speed)) as runner, _libraries_follow():
        return runner.run(work)


class _LoopTime:
    """The `time` module for libraries: a replay loop's own clock where one runs, else the real one.

    Other threads, and so the live bots of the same process, see no difference.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def time(self) -> float:
        """Seconds of the wall, or of the loop."""
        loop = asyncio._get_running_loop()
        return loop.time() if isinstance(loop, ReplayLoop) else time.time()

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        loop = asyncio._get_running_loop()
        return loop.time() if isinstance(loop, ReplayLoop) else time.monotonic()

    def monotonic_ns(self) -> int:
        """The same in nanoseconds."""
        loop = asyncio._get_running_loop()
        return round(loop.time() * 1e9) if isinstance(loop, ReplayLoop) else time.monotonic_ns()


_following = 0


@contextmanager
def _libraries_follow() -> Iterator[None]:
    """Let the parts of Pipecat that look at the machine's clock look at the loop's.

    They are the ones between a meeting's sound and a turn: its VAD watch, Smart Turn, the waits
    for words, and the clock of words' times.
    """
    global _following
    from pipecat.audio.turn.smart_turn import base_smart_turn
    from pipecat.audio.vad import vad_controller
    from pipecat.clocks import system_clock
    from pipecat.services import stt_service
    from pipecat.turns.user_stop import turn_analyzer_user_turn_stop_strategy as smart_stop

    modules: tuple[Any, ...] = (
        base_smart_turn,
        vad_controller,
        system_clock,
        stt_service,
        smart_stop,
    )
    _following += 1
    clock = _LoopTime()
    for module in modules:
        module.time = clock
    try:
        yield
    finally:
        _following -= 1
        if not _following:
            for module in modules:
                module.time = time
