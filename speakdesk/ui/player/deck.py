"""Playing a recording: where it is, whether it runs, how fast, how loud each side is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from speakdesk.ui.player.feed import Feed, SoundSource
from speakdesk.ui.player.stretch import Pair
from speakdesk.ui.tasks import Tasks

SPEEDS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
_AHEAD_S = 0.8
_TICK_MS = 20
# Some systems never say that the last sound was played.
_LONGEST_TAIL_MS = 1000
_DECODING = "decode a recording"
_OPENING = "open the speakers"


class Output(Protocol):
    """What the deck needs of a pair of speakers."""

    failure: str

    @property
    def is_open(self) -> bool: ...

    @property
    def rate_hz(self) -> int: ...

    @property
    def free(self) -> int: ...

    @property
    def unheard(self) -> int: ...

    def write(self, mono: npt.NDArray[np.float32]) -> None: ...

    def stop(self) -> None: ...


OpenOutput = Callable[[int], Output]
"""Opens speakers for sound of a rate; they may want another one."""


class Deck(QObject):
    """Plays one source at a time. Without speakers the time runs all the same, silently.

    `device_key` tells the speakers to use, empty for the system's choice; `open_output` replaces
    them. `sentence` says what a person should know about the sound.
    """

    moved = Signal(float)
    changed = Signal()

    def __init__(
        self,
        tasks: Tasks,
        device_key: Callable[[], str],
        open_output: OpenOutput | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._device_key = device_key
        self._open_output = open_output
        self._source: SoundSource | None = None
        self._position_s = 0.0
        self._speed = 1.0
        self._gains = [1.0, 1.0]
        self._mutes = [False, False]
        self._is_playing = False
        self._output: Output | None = None
        self._feed: Feed | None = None
        self._blocks: deque[Pair] = deque()
        self._waiting = 0
        self._written = 0
        self._base_s = 0.0
        self._is_preparing = False
        self._room = asyncio.Event()
        self._since_write = QElapsedTimer()
        self._since = QElapsedTimer()
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        self.sentence = ""

    def load(self, source: SoundSource | None) -> None:
        """Play this from its beginning when asked; None lets go of everything."""
        self.pause()
        self._source = source
        self._position_s = 0.0
        self.sentence = ""
        self.moved.emit(0.0)
        self.changed.emit()

    @property
    def position_s(self) -> float:
        """Where it is: what is heard now."""
        return self._position_s

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return self._source.duration_s if self._source is not None else 0.0

    @property
    def is_playing(self) -> bool:
        """True while time runs."""
        return self._is_playing

    @property
    def speed(self) -> float:
        """1.0 is as it was."""
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Faster or slower, at the same pitch."""
        if speed != self._speed:
            self._speed = speed
            self._again()
            self.changed.emit()

    def gain(self, side: int) -> float:
        """How loud a side is, 0..1: 0 the meeting, 1 the bot; 0.0 where it is muted."""
        return 0.0 if self._mutes[side] else self._gains[side]

    def set_gain(self, side: int, gain: float) -> None:
        """How loud a side is, 0..1."""
        self._gains[side] = min(1.0, max(0.0, gain))
        self.changed.emit()

    def set_muted(self, side: int, on: bool) -> None:
        """Do not play a side, or do."""
        self._mutes[side] = on
        self.changed.emit()

    def seek(self, at_s: float) -> None:
        """Go there; it goes on playing where it does."""
        self._position_s = min(max(0.0, at_s), self.duration_s)
        self.moved.emit(self._position_s)
        self._again()

    def toggle(self) -> None:
        """Play, or pause."""
        if self._is_playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        """Play from where it is; from the beginning where it is at its end."""
        if self._source is None or self._is_playing:
            return
        if self._position_s >= self.duration_s - 0.01:
            self._position_s = 0.0
        self._is_playing = True
        self._begin()
        self.changed.emit()

    def pause(self) -> None:
        """Be silent at once, and stay where it is."""
        if self._is_playing:
            self._is_playing = False
            self._end()
            self.changed.emit()

    def _again(self) -> None:
        """Go on from another place, or otherwise: the speakers stay open, as opening them takes."""
        if not self._is_playing:
            return
        output, self._feed = self._output, None
        if output is not None and output.is_open:
            self._mark()
            self._decode_from_here(output)
        else:
            self._end()
            self._begin()

    def _mark(self) -> None:
        """Count from here."""
        self._base_s, self._written, self._waiting = self._position_s, 0, 0
        self._blocks.clear()
        self._room.set()

    def _begin(self) -> None:
        self._mark()
        self._is_preparing = True
        self._timer.start()
        self._tasks.start(self._prepare(), _OPENING, preempt=True)

    def _end(self) -> None:
        self._timer.stop()
        self._feed = None
        self._blocks.clear()
        self._room.set()
        output, self._output = self._output, None
        if output is not None:
            output.stop()

    async def _prepare(self) -> None:
        source, begun_s = self._source, self._base_s
        if self._open_output is None:
            # Loading the media libraries takes a moment and needs no window.
            await asyncio.to_thread(_load_speakers)
            from speakdesk.ui.player.speakers import Speakers

            self._open_output = lambda rate_hz: Speakers(self._device_key(), rate_hz, self)
        if not self._is_playing or source is not self._source or begun_s != self._base_s:
            return
        assert source is not None
        output = self._open_output(source.rate_hz)
        self._is_preparing = False
        self._since.start()
        self._since_write.start()
        if not output.is_open:
            self._tell(output.failure)
            return
        self._tell("")
        self._output = output
        self._decode_from_here(output)

    def _decode_from_here(self, output: Output) -> None:
        assert self._source is not None
        self._feed = feed = Feed(self._source, self._base_s, self._speed, output.rate_hz)
        self._tasks.start(self._decode(feed, output.rate_hz), _DECODING, preempt=True)

    async def _decode(self, feed: Feed, rate_hz: int) -> None:
        while self._feed is feed and not feed.is_over:
            if self._waiting >= _AHEAD_S * rate_hz:
                self._room.clear()
                await self._room.wait()
                continue
            block = await asyncio.to_thread(feed.next_block)
            if self._feed is feed and len(block):
                self._blocks.append(block)
                self._waiting += len(block)

    def _tell(self, sentence: str) -> None:
        if sentence != self.sentence:
            self.sentence = sentence
            self.changed.emit()

    def _on_tick(self) -> None:
        if self._is_preparing:
            return
        output = self._output
        if output is not None and not output.is_open:
            self._tell(output.failure)
            self._output, self._feed = None, None
            self._base_s = self._position_s
            self._since.start()
            output = None
        if output is not None:
            self._write(output)
            # After a jump, what is left of the sound before it is heard first.
            heard_s = max(0, self._written - output.unheard) / output.rate_hz
        else:
            heard_s = self._since.elapsed() / 1000
        self._position_s = min(self.duration_s, self._base_s + heard_s * self._speed)
        is_over = self._position_s >= self.duration_s
        if self._feed is not None and output is not None:
            is_played = output.unheard == 0 or self._since_write.elapsed() > _LONGEST_TAIL_MS
            is_over = self._feed.is_over and not self._blocks and is_played
        if is_over:
            self._position_s = self.duration_s
            self.moved.emit(self._position_s)
            self.pause()
            return
        self.moved.emit(self._position_s)

    def _write(self, output: Output) -> None:
        room = output.free
        while room > 0 and self._blocks:
            block = self._blocks.popleft()
            part, rest = block[:room], block[room:]
            if len(rest):
                self._blocks.appendleft(rest)
            gains = np.array([self.gain(0), self.gain(1)], np.float32)
            output.write(part @ gains)
            self._since_write.start()
            self._written += len(part)
            self._waiting -= len(part)
            room -= len(part)
        self._room.set()


def _load_speakers() -> None:
    import speakdesk.ui.player.speakers  # noqa: F401
