"""From the event bus to the window: events in batches, 30 times a second at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from speakdesk.domain.events import Event, LinePartial
from speakdesk.ui.desk_port import Bus

BATCH_MS = 34
BATCH_EVENTS = 600
LEVELS_MS = 83
CLOCK_MS = 500


class EventBridge(QObject):
    """Collects the bus's events and hands them on as lists.

    `arrived` carries a list of events in order, at most once in `BATCH_MS` and `BATCH_EVENTS`
    long; of the partial states of one line only the newest is in it. `sampled` (about 12 a
    second) and `ticked` (2 a second) run only between `start_sampling` and `stop_sampling`.
    """

    arrived = Signal(object)
    sampled = Signal()
    ticked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[Event] = []
        self._partials: dict[tuple[str, str], int] = {}
        self._since = QElapsedTimer()
        self._since.start()
        self._flush_timer = QTimer(self, singleShot=True)
        self._flush_timer.timeout.connect(self.flush)
        self._level_timer = QTimer(self, interval=LEVELS_MS)
        self._level_timer.timeout.connect(self.sampled)
        self._clock_timer = QTimer(self, interval=CLOCK_MS)
        self._clock_timer.timeout.connect(self.ticked)
        self._unsubscribe: Callable[[], None] | None = None

    def attach(self, bus: Bus) -> None:
        """Listen to `bus` from now on."""
        self.detach()
        self._unsubscribe = bus.subscribe(self.take)

    def detach(self) -> None:
        """Stop listening and stop every timer; what waits is dropped."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.stop_sampling()
        self._flush_timer.stop()
        self._waiting.clear()
        self._partials.clear()

    def take(self, event: Event) -> None:
        """Note one event; it reaches the window with the next batch."""
        if isinstance(event, LinePartial):
            place = (event.bot_id, event.line_id)
            earlier = self._partials.get(place)
            if earlier is not None:
                self._waiting[earlier] = event
                return
            self._partials[place] = len(self._waiting)
        self._waiting.append(event)
        if not self._flush_timer.isActive():
            self._flush_timer.start(max(0, BATCH_MS - int(self._since.elapsed())))

    def flush(self) -> None:
        """Hand on what has been collected, now."""
        self._since.restart()
        if not self._waiting:
            return
        batch: Sequence[Event] = self._waiting[:BATCH_EVENTS]
        self._waiting = self._waiting[BATCH_EVENTS:]
        self._partials = {}
        if self._waiting:
            self._flush_timer.start(BATCH_MS)
        self.arrived.emit(batch)

    def start_sampling(self) -> None:
        """Begin to emit `sampled` and `ticked`; a bot is live and the window can be seen."""
        if not self._level_timer.isActive():
            self._level_timer.start()
            self._clock_timer.start()

    def stop_sampling(self) -> None:
        """Stop emitting them."""
        self._level_timer.stop()
        self._clock_timer.stop()

    @property
    def is_sampling(self) -> bool:
        """True while levels are sampled."""
        return self._level_timer.isActive()
