"""The bot's outgoing sound: held here, let out at real time, stopped at once.

A provider cannot take back what it was sent (contracts/meetingbaas.md §3.3), so at most `LEAD_S` of
sound is ever on the wire ahead of the clock; that lead is also what covers a busy event loop.
Everything here is plain arithmetic on a clock handed in: no tasks, no waiting.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

M = TypeVar("M")

CHUNK_S = 0.02
LEAD_S = 0.08
# After this long without new sound an utterance whose end was never told is over.
STALL_S = 3.0


@dataclass(order=True, slots=True)
class _Mark(Generic[M]):
    position: int
    order: int
    what: M = field(compare=False)


class Mouth(Generic[M]):
    """One bot's outgoing stream at `rate_hz`: sound and, between samples, marks of type `M`.

    Positions count samples since the beginning. A mark comes out once every sample before it has.
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.queued = 0
        self.sent = 0
        self.is_held = False
        self._sound: deque[bytes] = deque()
        self._offset = 0
        self._marks: list[_Mark[M]] = []
        self._order = itertools.count()
        self._is_complete = True
        # The wire runs dry at this moment; before the first sample and after a gap it is past.
        self._dry_at_s = float("-inf")

    @property
    def chunk_samples(self) -> int:
        """Samples of one message."""
        return round(self.rate_hz * CHUNK_S)

    @property
    def pending(self) -> int:
        """Samples that are held here."""
        return self.queued - self.sent

    def on_wire_s(self, now_s: float) -> float:
        """Seconds of sound the meeting has and has not played yet."""
        return max(0.0, self._dry_at_s - now_s)

    def add(self, pcm: bytes) -> None:
        """More sound, whole samples; it may be followed by more."""
        if pcm:
            self._sound.append(pcm)
            self.queued += len(pcm) // 2
            self._is_complete = False

    def complete(self) -> None:
        """What is held is the whole utterance: a last piece shorter than a message may go."""
        self._is_complete = True

    def mark(self, what: M, position: int | None = None) -> None:
        """Have `what` come out at `position`, by default after all the sound held now."""
        at = self.queued if position is None else max(position, self.sent)
        heapq.heappush(self._marks, _Mark(at, next(self._order), what))

    def settle_marks(self) -> None:
        """Marks placed beyond the sound that exists come out with its end."""
        if any(mark.position > self.queued for mark in self._marks):
            late = sorted(mark for mark in self._marks if mark.position > self.queued)
            self._marks = [mark for mark in self._marks if mark.position <= self.queued]
            for mark in late:
                self._marks.append(_Mark(self.queued, next(self._order), mark.what))
            heapq.heapify(self._marks)

    def due_marks(self) -> list[M]:
        """The marks whose moment has come, taken out in order."""
        due: list[M] = []
        while self._marks and self._marks[0].position <= self.sent:
            due.append(heapq.heappop(self._marks).what)
        return due

    @property
    def has_whole_chunk(self) -> bool:
        """True where more sound arriving could not make the next message earlier."""
        return self.pending >= self.chunk_samples or (self._is_complete and self.pending > 0)

    def next_chunk_at_s(self, now_s: float) -> float | None:
        """When the next message may go; None where there is nothing to send or it is held."""
        if self.is_held or not self.pending:
            return None
        if self.has_whole_chunk:
            return max(now_s, self._dry_at_s - LEAD_S + CHUNK_S)
        # A short piece waits for more sound as long as that leaves no gap.
        return max(now_s, self._dry_at_s - CHUNK_S)

    def take_chunk(self, now_s: float) -> bytes | None:
        """The next message's samples where it is due by now."""
        due_s = self.next_chunk_at_s(now_s)
        if due_s is None or due_s > now_s + 1e-6:
            return None
        size = min(self.pending, self.chunk_samples)
        pcm = self._cut(size)
        self.sent += size
        # Counted from the last sample sent, so that neither late wake-ups nor rounding add up;
        # after a gap it begins anew, so that a late sender never sends faster to catch up.
        self._dry_at_s = max(self._dry_at_s, now_s) + size / self.rate_hz
        return pcm

    def _cut(self, samples: int) -> bytes:
        wanted = samples * 2
        parts: list[bytes] = []
        while wanted:
            head = self._sound[0]
            available = len(head) - self._offset
            if available <= wanted:
                parts.append(head[self._offset :] if self._offset else head)
                self._sound.popleft()
                self._offset = 0
                wanted -= available
            else:
                parts.append(head[self._offset : self._offset + wanted])
                self._offset += wanted
                wanted = 0
        return b"".join(parts)

    def held(self) -> bytes:
        """The sound that is held, as it would go out."""
        return b"".join(self._sound)[self._offset :]

    def drop(self) -> list[M]:
        """Forget the sound that is held; returns the marks that were waiting, in order."""
        self._sound.clear()
        self._offset = 0
        self.queued = self.sent
        self._is_complete = True
        marks = [mark.what for mark in sorted(self._marks)]
        self._marks.clear()
        return marks

    def new_wire(self) -> None:
        """A new socket: nothing is on it yet."""
        self._dry_at_s = float("-inf")
