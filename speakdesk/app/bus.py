"""The one ordered bus: facts go in once, and reach every subscriber in that order (design §3)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from loguru import logger

from speakdesk.domain.events import Event, LogLine

Subscriber = Callable[[Event], None]


class EventBus:
    """Delivers events on the loop's thread, in the order they were published.

    A subscriber that publishes while it is called does not break the order: its event comes after
    the present one has reached everybody. A subscriber that raises is kept and reported, on log
    lines only the first time: its report is itself a log line, and comes back to it.
    """

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []
        self._waiting: deque[Event] = deque()
        self._is_delivering = False
        self._fails_on_log: set[Subscriber] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self) -> None:
        """Remember the running loop, so that `publish_from_thread` finds it."""
        self._loop = asyncio.get_running_loop()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with every event from now on; returns what ends that."""
        self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)
            self._fails_on_log.discard(subscriber)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Deliver an event; call it on the loop's thread."""
        self._waiting.append(event)
        if self._is_delivering:
            return
        self._is_delivering = True
        try:
            while self._waiting:
                current = self._waiting.popleft()
                for subscriber in tuple(self._subscribers):
                    try:
                        subscriber(current)
                    except Exception:  # noqa: BLE001 - one bad subscriber must not stop the others
                        self._report(subscriber, current)
        finally:
            self._is_delivering = False

    def _report(self, subscriber: Subscriber, event: Event) -> None:
        if isinstance(event, LogLine):
            if subscriber in self._fails_on_log:
                return
            self._fails_on_log.add(subscriber)
        logger.exception("a subscriber failed on {}", event.kind)

    def publish_from_thread(self, event: Event) -> None:
        """Deliver an event from any thread; dropped once the loop is closed."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        try:
            loop.call_soon_threadsafe(self.publish, event)
        except RuntimeError:
            return
