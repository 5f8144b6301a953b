"""Which part of a recording is in sight, and where each moment of it stands."""

from __future__ import annotations

FINEST_STEP_S = 0.001
ZOOM = 1.5
_TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
_TICK_ROOM_PX = 84


class TimeScale:
    """Seconds and pixels. `left_s` is at pixel 0; a pixel is `step_s` wide; `width` pixels show.

    The view never leaves the recording, and is never narrower than `FINEST_STEP_S` a pixel.
    """

    def __init__(self) -> None:
        self.duration_s = 0.0
        self.width = 1
        self.left_s = 0.0
        self.step_s = 1.0
        self._is_fitted = True

    @property
    def shown_s(self) -> float:
        """How much is in sight."""
        return self.width * self.step_s

    @property
    def right_s(self) -> float:
        """The end of what is in sight."""
        return self.left_s + self.shown_s

    @property
    def fit_step_s(self) -> float:
        """The step at which all of the recording is in sight."""
        return max(FINEST_STEP_S, self.duration_s / max(1, self.width))

    def set_duration(self, duration_s: float) -> None:
        """Another recording: all of it in sight."""
        self.duration_s = max(0.0, duration_s)
        self.fit()

    def set_width(self, width: int) -> None:
        """So many pixels show from now on."""
        self.width = max(1, width)
        if self._is_fitted:
            self.fit()
        else:
            self._keep_inside()

    def fit(self) -> None:
        """All in sight."""
        self._is_fitted = True
        self.step_s, self.left_s = self.fit_step_s, 0.0

    def x_of(self, at_s: float) -> float:
        """Where a moment stands."""
        return (at_s - self.left_s) / self.step_s

    def s_of(self, x: float) -> float:
        """The moment at a pixel, inside the recording."""
        return min(max(0.0, self.left_s + x * self.step_s), self.duration_s)

    def zoom(self, steps: float, around_s: float) -> None:
        """Nearer for more than 0; the moment `around_s` stays where it is."""
        x = self.x_of(around_s)
        self.step_s *= ZOOM**-steps
        self._is_fitted = self.step_s >= self.fit_step_s
        if self._is_fitted:
            self.fit()
            return
        self.step_s = max(FINEST_STEP_S, self.step_s)
        self.left_s = around_s - x * self.step_s
        self._keep_inside()

    def show(self, seconds: float, around_s: float) -> None:
        """Have so many seconds in sight, this moment in their middle."""
        self.step_s = max(FINEST_STEP_S, seconds / max(1, self.width))
        self._is_fitted = self.step_s >= self.fit_step_s
        if self._is_fitted:
            self.fit()
            return
        self.left_s = around_s - self.shown_s / 2
        self._keep_inside()

    def scroll(self, seconds: float) -> None:
        """Later for more than 0."""
        self.left_s += seconds
        self._keep_inside()

    def reveal(self, at_s: float) -> bool:
        """Turn to the part where this moment is; True where it was not in sight."""
        if self.left_s <= at_s <= self.right_s:
            return False
        self.left_s = at_s - self.shown_s * 0.1
        self._keep_inside()
        return True

    def _keep_inside(self) -> None:
        self.left_s = max(0.0, min(self.left_s, self.duration_s - self.shown_s))

    @property
    def tick_s(self) -> float:
        """A round distance of marks that leaves room for their words."""
        least = _TICK_ROOM_PX * self.step_s
        return next((tick for tick in _TICKS_S if tick >= least), _TICKS_S[-1])
