"""Time as data: UTC moments for events and a monotonic clock for durations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Protocol

_other_now: ContextVar[Callable[[], datetime] | None] = ContextVar("other_now", default=None)


class Clock(Protocol):
    """Where the application takes its time from; tests hand in their own."""

    def now(self) -> datetime:
        """The current moment, timezone-aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards; only differences mean anything."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def utc_now() -> datetime:
    """The current moment in UTC; inside `moments_from`, what that says it is."""
    other = _other_now.get()
    return datetime.now(UTC) if other is None else other()


@contextmanager
def moments_from(now: Callable[[], datetime]) -> Iterator[None]:
    """Let `utc_now` take its moments from here, in this context and the tasks it begins."""
    token = _other_now.set(now)
    try:
        yield
    finally:
        _other_now.reset(token)


def to_iso(at: datetime) -> str:
    """An ISO 8601 moment in UTC with milliseconds and a `Z`, as it stands in events and files."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """The moment `to_iso` wrote; a text without a zone is taken as UTC. Raises ValueError."""
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
