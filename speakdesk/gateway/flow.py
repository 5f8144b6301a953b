"""How much one socket may send: plenty for audio with a backlog, not enough to drown us.

The busiest honest bot sends 48 kHz in frames of 256 samples: 188 messages and 96 kB a second
(contracts/meetingbaas.md §3). After a stall of half a minute it delivers that backlog at once.
"""

from __future__ import annotations

MESSAGES_PER_S = 250.0
MESSAGES_AT_ONCE = 8_000.0
BYTES_PER_S = 400_000.0
BYTES_AT_ONCE = 8_000_000.0


class Flow:
    """Two leaky buckets, messages and bytes, filled by what comes and drained by time."""

    def __init__(
        self,
        messages_per_s: float = MESSAGES_PER_S,
        messages_at_once: float = MESSAGES_AT_ONCE,
        bytes_per_s: float = BYTES_PER_S,
        bytes_at_once: float = BYTES_AT_ONCE,
    ) -> None:
        self._messages_per_s = messages_per_s
        self._messages_at_once = messages_at_once
        self._bytes_per_s = bytes_per_s
        self._bytes_at_once = bytes_at_once
        self._messages = 0.0
        self._bytes = 0.0
        self._last_s: float | None = None

    def admits(self, size_bytes: int, at_s: float) -> bool:
        """Take one message at a monotonic moment; False once it is more than may come."""
        last_s = at_s if self._last_s is None else self._last_s
        passed_s = max(0.0, at_s - last_s)
        self._last_s = max(last_s, at_s)
        self._messages = max(0.0, self._messages - passed_s * self._messages_per_s) + 1
        self._bytes = max(0.0, self._bytes - passed_s * self._bytes_per_s) + size_bytes
        return self._messages <= self._messages_at_once and self._bytes <= self._bytes_at_once
