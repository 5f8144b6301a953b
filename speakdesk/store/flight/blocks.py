"""Pieces of sound as they come or go, gathered into blocks that stand on the recording's clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from speakdesk.store.flight.sound import Samples, Sound

BLOCK_S = 0.5
# A piece that comes this much later than the sound before it ended leaves a gap; less is jitter.
GAP_S = 0.15


@dataclass(frozen=True, slots=True)
class Block:
    """Gathered sound: where it begins, and who was speaking."""

    at_s: float
    sound: Sound
    speakers: tuple[str, ...]


@dataclass(slots=True)
class Gathering:
    """One side's sound on its way into blocks; plain arithmetic, no clock of its own.

    Sound of one side never overlaps: what comes early stands after what came before it.
    """

    _rate_hz: int = 0
    _speakers: tuple[str, ...] = ()
    _at_s: float = 0.0
    _end_s: float = float("-inf")
    _pcm: list[bytes] = field(default_factory=list)
    _pieces: list[int] = field(default_factory=list)
    _late_us: list[int] = field(default_factory=list)
    _samples: int = 0

    @property
    def is_empty(self) -> bool:
        """True where no sound waits."""
        return not self._samples

    @property
    def begun_s(self) -> float:
        """When the first of the sound that waits came."""
        return self._at_s

    def add(
        self, at_s: float, pcm: bytes, rate_hz: int, speakers: tuple[str, ...] = ()
    ) -> list[Block]:
        """A piece that came at `at_s`, whole samples; returns the blocks that are full by it."""
        full: list[Block] = []
        is_gap = at_s - self._end_s > GAP_S
        if self._samples and (is_gap or rate_hz != self._rate_hz or speakers != self._speakers):
            full += self.take()
        begin_s = at_s if is_gap else self._end_s
        rest = memoryview(pcm)
        longest = round(BLOCK_S * rate_hz)
        while rest:
            if not self._samples:
                self._at_s, self._rate_hz, self._speakers = begin_s, rate_hz, speakers
            size = min(len(rest) // 2, longest - self._samples)
            self._pcm.append(bytes(rest[: size * 2]))
            self._pieces.append(size)
            self._late_us.append(round((at_s - begin_s) * 1e6))
            self._samples += size
            rest = rest[size * 2 :]
            begin_s += size / rate_hz
            self._end_s = begin_s
            if self._samples >= longest:
                full += self.take()
        return full

    def take(self) -> list[Block]:
        """What waits, as a block of its own."""
        if not self._samples:
            return []
        sound = Sound.pack(
            b"".join(self._pcm), self._rate_hz, tuple(self._pieces), tuple(self._late_us)
        )
        block = Block(self._at_s, sound, self._speakers)
        self._pcm.clear()
        self._pieces.clear()
        self._late_us.clear()
        self._samples = 0
        return [block]


def blocks_of(at_s: float, pcm: bytes | Samples, rate_hz: int) -> list[tuple[float, Sound]]:
    """Sound that is known as a whole, in blocks that follow each other from `at_s` on."""
    size = round(BLOCK_S * rate_hz)
    data = pcm if isinstance(pcm, bytes) else pcm.astype("<i2").tobytes()
    return [
        (at_s + begin / rate_hz, Sound.pack(data[begin * 2 : (begin + size) * 2], rate_hz))
        for begin in range(0, len(data) // 2, size)
    ]
