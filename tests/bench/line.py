"""The meeting's end of one bot's socket: plays speech to it in real time, times what comes back."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.bench.speech import FRAME_S, RATE_HZ, SILENCE, Utterance, is_loud

NEW_ANSWER_GAP_S = 1.0
# Frames of 1600 samples and VAD windows of 512 meet again every 8 frames.
PHASES = 8


@dataclass(slots=True)
class Answer:
    """One stretch of audible audio from the bot; times are of the monotonic clock."""

    began: float
    media_s: float = 0.0
    plays_until: float = 0.0
    last_arrival: float = 0.0
    worst_late_s: float = 0.0

    def take(self, at: float, seconds: float) -> None:
        """Note a piece: late is what arrives after a listener has heard all before it."""
        self.worst_late_s = max(self.worst_late_s, at - (self.began + self.media_s))
        self.media_s += seconds
        self.plays_until = max(self.plays_until, at) + seconds
        self.last_arrival = at


@dataclass(slots=True)
class Turn:
    """One utterance towards the bot and the answer to it."""

    began: float
    ended: float
    answer: Answer | None = None

    @property
    def latency_s(self) -> float | None:
        """From the end of speech to the first audible piece of the answer."""
        return None if self.answer is None else self.answer.began - self.ended


@dataclass(slots=True)
class _Speaking:
    utterance: Utterance
    frames: deque[bytes]
    began: asyncio.Future[float]
    ended: asyncio.Future[float]
    phase: int | None = None
    sent: int = 0


@dataclass(slots=True)
class Line:
    """Dials one URL and is the meeting behind it. Frames of 100 ms, silence where nobody speaks."""

    handshake: str = ""
    answers: list[Answer] = field(default_factory=list)
    dialled: float = 0.0
    worst_send_late_s: float = 0.0
    on_closed: Callable[[], None] | None = None
    _frames_sent: int = 0
    _socket: ClientConnection | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _queue: deque[_Speaking] = field(default_factory=deque)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def dial(self, url: str) -> None:
        """Connect and begin to send."""
        self.dialled = time.monotonic()
        # No compression on either subject: deflate would hide what the pipelines cost.
        self._socket = await connect(url, compression=None, max_size=None, ping_interval=None)
        if self.handshake:
            await self._socket.send(self.handshake)
        self._tasks = [
            asyncio.create_task(self._send(self._socket)),
            asyncio.create_task(self._receive(self._socket)),
        ]

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    async def send_text(self, message: str) -> None:
        """Send a text message beside the audio."""
        if self._socket is not None:
            await self._socket.send(message)

    async def say(self, utterance: Utterance, phase: int | None = None) -> Turn:
        """Speak; returns when the speech is over, with its times.

        `phase` 0..7 puts its first frame at that place among the VAD's windows, which decides by
        up to 100 ms when the VAD can notice the end: what is compared must have the same phases.
        """
        began, ended = self._enqueue(utterance, phase)
        return Turn(await began, await ended)

    async def begin(self, utterance: Utterance) -> float:
        """Speak; returns when the speech begins, with its time."""
        began, _ = self._enqueue(utterance)
        return await began

    async def ask(
        self, utterance: Utterance, phase: int | None = None, timeout_s: float = 5.0
    ) -> Turn:
        """Speak and wait for the answer to begin; a turn without one has `answer` None."""
        known = len(self.answers)
        turn = await self.say(utterance, phase)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while len(self.answers) == known:
                    self._heard.clear()
                    await self._heard.wait()
                turn.answer = self.answers[known]
        return turn

    async def until_quiet(self, answer: Answer, quiet_s: float = 0.6) -> None:
        """Return once nothing more of the answer came for `quiet_s` after it was played."""
        while True:
            quiet_at = max(answer.last_arrival, answer.plays_until) + quiet_s
            if (left := quiet_at - time.monotonic()) <= 0:
                return
            await asyncio.sleep(left)

    def _enqueue(
        self, utterance: Utterance, phase: int | None = None
    ) -> tuple[asyncio.Future[float], asyncio.Future[float]]:
        loop = asyncio.get_running_loop()
        speaking = _Speaking(
            utterance, deque(utterance.frames()), loop.create_future(), loop.create_future(), phase
        )
        self._queue.append(speaking)
        return speaking.began, speaking.ended

    async def _send(self, socket: ClientConnection) -> None:
        due = time.monotonic()
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.send(self._next_frame())
                due += FRAME_S
                late = time.monotonic() - due
                self.worst_send_late_s = max(self.worst_send_late_s, late)
                await asyncio.sleep(max(0.0, -late))

    def _next_frame(self) -> bytes:
        number, self._frames_sent = self._frames_sent, self._frames_sent + 1
        if not self._queue:
            return SILENCE
        speaking = self._queue[0]
        if speaking.sent == 0 and speaking.phase not in (None, number % PHASES):
            return SILENCE
        frame = speaking.frames.popleft()
        # A frame is sent when its last sample was spoken.
        from_s, to_s = speaking.sent * FRAME_S, (speaking.sent + 1) * FRAME_S
        zero = time.monotonic() - to_s
        spoken = speaking.utterance
        if from_s <= spoken.begin_s < to_s:
            speaking.began.set_result(zero + spoken.begin_s)
        if from_s <= spoken.end_s < to_s:
            speaking.ended.set_result(zero + spoken.end_s)
        speaking.sent += 1
        if not speaking.frames:
            self._queue.popleft()
        return frame

    async def _receive(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                at = time.monotonic()
                if isinstance(message, bytes) and is_loud(message):
                    self._take(at, len(message) / 2 / RATE_HZ)
        finally:
            if self.on_closed is not None:
                self.on_closed()

    def _take(self, at: float, seconds: float) -> None:
        current = self.answers[-1] if self.answers else None
        if current is None or at - max(current.last_arrival, current.plays_until) > (
            NEW_ANSWER_GAP_S
        ):
            current = Answer(at)
            self.answers.append(current)
            self._heard.set()
        current.take(at, seconds)
