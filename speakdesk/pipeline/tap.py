"""What a recording is told by a bot's voice; imports no Pipecat, so it may be imported early."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class FlightTap(Protocol):
    """Hears what passes between a voice and its meeting (`app/flight/recorder.py`).

    Everything is told on the loop's thread, as it happens, and costs next to nothing. Sound is
    s16le mono, whole samples, at the wire's own rate.
    """

    def opened(self, rate_hz: int) -> None:
        """A socket of the meeting opened, or named another rate."""
        ...

    def closed(self, code: int | None, reason: str) -> None:
        """The socket closed; `code` is the WebSocket's, where known."""
        ...

    def refused(self, reason: str) -> None:
        """A socket was turned away, or closed for what it sent."""
        ...

    def heard(self, pcm: bytes, rate_hz: int, speakers: Iterable[str]) -> None:
        """Sound came from the meeting, while the roster showed these speaking."""
        ...

    def sent(self, pcm: bytes, rate_hz: int) -> None:
        """Sound went to the meeting."""
        ...

    def discarded(self, pcm: bytes, rate_hz: int, on_wire_s: float) -> None:
        """This sound was made and is dropped; `on_wire_s` of sound is still to be heard."""
        ...
