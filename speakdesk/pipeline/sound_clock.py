"""When sound was heard, by its own length: a busy loop that reads it late does not move it."""

from __future__ import annotations

from collections.abc import Callable

# Later than this is a meeting that sent nothing for a while.
_LONGEST_STALL_S = 3.0
# Sound this long that comes as fast as it plays is no backlog: the pause before it was real.
_PACED_S = 0.2
_AS_FAST = 0.8


class SoundClock:
    """The moment of the sound that is being taken in, in the monotonic seconds of `loop_now`.

    A loop that stalls finds what arrived meanwhile all at once; each piece then counts as heard
    when it would have been. Nothing waits for this: it only places what happens.
    """

    def __init__(self, loop_now: Callable[[], float]) -> None:
        self._loop_now = loop_now
        self._late_s = 0.0
        self._paced_s = 0.0
        self._heard_until_s: float | None = None
        self._arrived_s = float("-inf")

    def restart(self) -> None:
        """A new stream of sound begins."""
        self._late_s = self._paced_s = 0.0
        self._heard_until_s = None

    def heard(self, seconds: float) -> None:
        """A piece of sound is taken in now."""
        now_s = self._loop_now()
        is_paced = now_s - self._arrived_s >= _AS_FAST * seconds
        self._arrived_s = now_s
        if self._heard_until_s is None:
            self._heard_until_s = now_s
            return
        self._paced_s = self._paced_s + seconds if is_paced and self._late_s > 0 else 0.0
        late_s = max(0.0, now_s - (self._heard_until_s + seconds))
        if late_s > _LONGEST_STALL_S or self._paced_s >= _PACED_S - 1e-6:
            late_s = self._paced_s = 0.0
        self._late_s = late_s
        self._heard_until_s = now_s - late_s

    def now(self) -> float:
        """When the sound being taken in was heard; the loop's time, where none waits."""
        return self._loop_now() - self._late_s
