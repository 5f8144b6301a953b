"""Between sound that comes in ticks and a device that plays without a gap."""

from __future__ import annotations

from collections import deque

PREFILL_TICKS = 2
MOST_TICKS = 12


class JitterBuffer:
    """Holds ticks of sound until enough are there to play without gaps; drops what is too old."""

    def __init__(self, prefill: int = PREFILL_TICKS, most: int = MOST_TICKS) -> None:
        self._ticks: deque[bytes] = deque()
        self._prefill = prefill
        self._most = most

    def put(self, tick: bytes, *, is_silent: bool = False) -> None:
        """Add a tick; the oldest goes where there are too many, silence where there is enough.

        Without the latter a device slower than the room would play later and later.
        """
        if is_silent and len(self._ticks) >= self._prefill:
            return
        self._ticks.append(tick)
        while len(self._ticks) > self._most:
            self._ticks.popleft()

    def take(self, room: int, *, is_dry: bool) -> bytes:
        """Up to `room` bytes. While the device `is_dry`, nothing until `prefill` ticks are here."""
        if is_dry and len(self._ticks) < self._prefill:
            return b""
        out = bytearray()
        while self._ticks and len(out) < room:
            tick = self._ticks.popleft()
            fits = room - len(out)
            out += tick[:fits]
            if len(tick) > fits:
                self._ticks.appendleft(tick[fits:])
        return bytes(out)

    def clear(self) -> None:
        """Forget everything."""
        self._ticks.clear()
