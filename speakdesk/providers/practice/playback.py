"""What a simulated bot was sent and plays into the room: a queue that cannot be flushed.

Two clocks look at the same samples: the room takes them tick by tick, and `PlaybackMeter` computes
to the sample when each arrives, is played and runs dry, as a device that never stops would do it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from speakdesk.providers.practice.sound import Block, from_pcm

_QUIET_SAMPLE = 200
_EDGE_S = 0.02
_NEW_UTTERANCE_AFTER_S = 1.0


@dataclass(slots=True)
class Arrival:
    """One message of sound: when it came (monotonic seconds), how long it plays, how loud."""

    at_s: float
    plays_s: float
    is_loud: bool
    late_s: float


@dataclass(slots=True)
class PlaybackMeter:
    """What the meeting's end of the socket measured. Times are the clock's monotonic seconds.

    `audio_late_ms` is the longest gap in mid-sound: the queue had run dry after loud samples, and
    loud ones followed less than a second later; `underruns` counts those gaps. `ahead_ms` is the
    most that was ever waiting to be played. `voice_until_s` is when the last loud sample received
    so far has been (or will be) played: after an interruption, the moment of silence.
    `first_voice_s` is when the first loud sample was played. `arrivals` are the latest messages.
    """

    rate_hz: int
    messages: int = 0
    received_ms: float = 0.0
    in_lobby_ms: float = 0.0
    text_messages: int = 0
    odd_messages: int = 0
    underruns: int = 0
    audio_late_ms: float = 0.0
    ahead_ms: float = 0.0
    first_voice_s: float | None = None
    voice_until_s: float | None = None
    dry_at_s: float = 0.0
    arrivals: deque[Arrival] = field(default_factory=lambda: deque(maxlen=2048))
    _ends_loud: bool = False

    def note(self, samples: np.ndarray[tuple[int], np.dtype[np.int16]], at_s: float) -> None:
        """These samples arrived at this moment."""
        count = samples.size
        plays_s = count / self.rate_hz
        starts_s = max(at_s, self.dry_at_s)
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _QUIET_SAMPLE)
        is_loud = bool(loud.size)
        edge = max(1, int(_EDGE_S * self.rate_hz))
        late_s = 0.0
        if self._ends_loud and is_loud and loud[0] < edge and self.dry_at_s:
            gap_s = at_s - self.dry_at_s
            if 0 < gap_s < _NEW_UTTERANCE_AFTER_S:
                late_s = gap_s
                self.underruns += 1
                self.audio_late_ms = max(self.audio_late_ms, gap_s * 1000)
        self.messages += 1
        self.received_ms += plays_s * 1000
        self.dry_at_s = starts_s + plays_s
        self.ahead_ms = max(self.ahead_ms, (self.dry_at_s - at_s) * 1000)
        if is_loud:
            if self.first_voice_s is None:
                self.first_voice_s = starts_s + float(loud[0]) / self.rate_hz
            self.voice_until_s = starts_s + float(loud[-1] + 1) / self.rate_hz
        self._ends_loud = is_loud and int(loud[-1]) >= count - edge
        self.arrivals.append(Arrival(at_s, plays_s, is_loud, late_s))


class SoundQueue:
    """Sound that plays in real time, one block a tick; holds back at most one tick to run evenly.

    `longest_s` bounds the delay of a live source: the oldest sound is dropped. None never drops.
    """

    def __init__(self, rate_hz: int, longest_s: float | None = None) -> None:
        self.rate_hz = rate_hz
        self._block = rate_hz // 10
        self._longest = None if longest_s is None else int(longest_s * rate_hz) * 2
        self._pcm = bytearray()
        self._is_playing = False
        self._has_waited = False

    def __len__(self) -> int:
        return len(self._pcm) // 2

    def put(self, pcm: bytes | memoryview) -> None:
        """Whole samples, s16le mono at the queue's rate."""
        self._pcm += pcm
        if self._longest is not None and len(self._pcm) > self._longest:
            del self._pcm[: len(self._pcm) - self._longest]

    def clear(self) -> None:
        """Forget everything; only for a bot that is gone."""
        self._pcm.clear()
        self._is_playing = self._has_waited = False

    def take(self) -> Block | None:
        """The next tick's block, filled up with silence; None where there is nothing to play."""
        have = len(self)
        if not have:
            self._is_playing = self._has_waited = False
            return None
        if not self._is_playing:
            if have < self._block * 3 // 2 and not self._has_waited:
                self._has_waited = True
                return None
            self._is_playing = True
            self._has_waited = False
        count = min(have, self._block)
        block = from_pcm(self._pcm[: count * 2])
        del self._pcm[: count * 2]
        if count < self._block:
            self._is_playing = False
            block = np.concatenate((block, np.zeros(self._block - count, np.float32)))
        return block
