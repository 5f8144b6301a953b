# mypy: disable-error-code="no-untyped-call"
"""Silero VAD and Smart Turn v3 on ONNX sessions that all bots of the process share.

A session costs 40 ms and up to 50 MB to load and is safe to run from any thread; what differs from
bot to bot (recurrent state, sound kept so far) lives in the analyzers. One Silero window takes
0.1 ms and runs where it is called; one Smart Turn verdict takes 30 ms and runs in `_pool`.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import math
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from pipecat.audio.turn.smart_turn.base_smart_turn import BaseSmartTurn, SmartTurnParams
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroOnnxModel, SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams, VADState

from speakdesk.domain.turns import TurnRules

PIPELINE_RATE_HZ = 16000
WINDOW_SAMPLES = 512
WINDOW_S = WINDOW_SAMPLES / PIPELINE_RATE_HZ
_LOUDNESS_WINDOWS = 4

_lock = threading.Lock()


def _session(package: str, name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    # The arena keeps the largest run's memory for good; a verdict every few seconds needs none.
    options.enable_cpu_mem_arena = False
    with resources.as_file(resources.files(package).joinpath(name)) as path:
        return onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )


@functools.cache
def _load_silero() -> onnxruntime.InferenceSession:
    return _session("pipecat.audio.vad.data", "silero_vad.onnx")


@functools.cache
def _load_smart_turn() -> onnxruntime.InferenceSession:
    return _session("pipecat.audio.turn.smart_turn.data", "smart-turn-v3.2-cpu.onnx")


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="speakdesk-model")


def silero_session() -> onnxruntime.InferenceSession:
    """The one Silero session; the first call loads it (blocking, 30 ms)."""
    with _lock:
        return _load_silero()


def smart_turn_session() -> onnxruntime.InferenceSession:
    """The one Smart Turn session; the first call loads it (blocking, 40 ms)."""
    with _lock:
        return _load_smart_turn()


def models_are_loaded() -> bool:
    """True once `load_models` has done its work."""
    return load_models.cache_info().currsize > 0


@functools.cache
def load_models() -> None:
    """Load both sessions and run each once; blocking the first time, so call it in a thread."""
    SharedSileroAnalyzer(TurnRules()).measure(bytes(WINDOW_SAMPLES * 2))
    SharedSmartTurnAnalyzer()._predict_endpoint(np.zeros(PIPELINE_RATE_HZ, dtype=np.float32))


def loudness(samples: np.ndarray[Any, Any]) -> float:
    """How loud s16 samples are, 0..1 over the span of Pipecat's `min_volume` (-110..-10 dB)."""
    if not len(samples):
        return 0.0
    as_float = samples.astype(np.float32)
    power = float(np.dot(as_float, as_float)) / len(samples)
    if power < 1e-3:
        return 0.0
    decibels = 10 * math.log10(power) - 90.3
    return min(1.0, max(0.0, (decibels + 110) / 100))


class _SharedSileroModel(SileroOnnxModel):
    """Pipecat's Silero state over the shared session."""

    def __init__(self) -> None:
        # The base loads a session of its own, so its constructor is left out.
        self.session = silero_session()
        self.sample_rates = [8000, 16000]
        self.reset_states()


class SharedSileroAnalyzer(SileroVADAnalyzer):
    """One bot's VAD: Pipecat's rules over the shared session, run in the caller's thread.

    `on_window(is_voice)` is called for every 32 ms window, before the VAD itself has decided
    anything: it is the earliest sign that somebody speaks. Loudness is measured over the last
    128 ms and not smoothed, so a start is noticed about 0.1 s sooner than with Pipecat's own.
    """

    def __init__(self, rules: TurnRules, on_window: Callable[[bool], None] | None = None) -> None:
        # The bases load a session and keep a thread pool each; only the state is wanted here.
        VADAnalyzer.__init__(
            self,
            sample_rate=PIPELINE_RATE_HZ,
            params=VADParams(
                confidence=rules.vad_confidence,
                start_secs=rules.vad_start_s,
                stop_secs=rules.vad_stop_s,
                min_volume=rules.vad_min_volume,
            ),
        )
        self._executor.shutdown(wait=False)
        self._model = _SharedSileroModel()
        self._windows_since_reset = 0
        self._low_confidence_windows = 0
        self._on_window = on_window
        self._recent: list[np.ndarray[Any, Any]] = []
        self.set_sample_rate(PIPELINE_RATE_HZ)

    def measure(self, window: bytes) -> float:
        """The confidence 0..1 that this window of 512 samples is a voice."""
        return float(np.asarray(self.voice_confidence(window)).reshape(-1)[0])

    async def analyze_audio(self, buffer: bytes) -> VADState:
        """Run the windows in `buffer` here and now; three of them take 0.3 ms."""
        return self._run_analyzer(buffer)

    def _run_analyzer(self, buffer: bytes) -> VADState:
        self._vad_buffer += buffer
        size = WINDOW_SAMPLES * 2
        start = 0
        while len(self._vad_buffer) - start >= size:
            self._advance(self._vad_buffer[start : start + size])
            start += size
        self._vad_buffer = self._vad_buffer[start:]
        return self._vad_state

    def _advance(self, window: bytes) -> None:
        self._recent = [*self._recent[1 - _LOUDNESS_WINDOWS :], np.frombuffer(window, np.int16)]
        # A muted meeting sends plain zeros, which no model needs to look at.
        if self._vad_state is VADState.QUIET and window.count(0) == len(window):
            self._model.reset_states()
            is_voice = False
        else:
            is_voice = self.measure(window) >= self._params.confidence and (
                loudness(np.concatenate(self._recent)) >= self._params.min_volume
            )
        self._move(is_voice)
        if self._on_window is not None:
            self._on_window(is_voice)

    def _move(self, is_voice: bool) -> None:
        match self._vad_state:
            case VADState.QUIET if is_voice:
                self._vad_state, self._vad_starting_count = VADState.STARTING, 1
            case VADState.STARTING if is_voice:
                self._vad_starting_count += 1
            case VADState.STARTING:
                self._vad_state, self._vad_starting_count = VADState.QUIET, 0
            case VADState.SPEAKING if not is_voice:
                self._vad_state, self._vad_stopping_count = VADState.STOPPING, 1
            case VADState.STOPPING if is_voice:
                self._vad_state, self._vad_stopping_count = VADState.SPEAKING, 0
            case VADState.STOPPING:
                self._vad_stopping_count += 1
        if (
            self._vad_state is VADState.STARTING
            and self._vad_starting_count >= self._vad_start_frames
        ):
            self._vad_state, self._vad_starting_count = VADState.SPEAKING, 0
        elif (
            self._vad_state is VADState.STOPPING
            and self._vad_stopping_count >= self._vad_stop_frames
        ):
            self._vad_state, self._vad_stopping_count = VADState.QUIET, 0

    async def cleanup(self) -> None:
        """Nothing to give back: the session stays for the other bots."""
        self._on_window = None


class SharedSmartTurnAnalyzer(LocalSmartTurnAnalyzerV3):
    """One bot's Smart Turn v3: its own sound so far, the shared session, the shared threads."""

    def __init__(self, patience_s: float = TurnRules().patience_s) -> None:
        # The base loads a session of its own, so only its base's constructor runs.
        BaseSmartTurn.__init__(self, params=SmartTurnParams(stop_secs=patience_s))
        self._log_data = False
        self._session = smart_turn_session()

    @property
    def _model_executor(self) -> ThreadPoolExecutor:
        return _pool()


def settle_memory() -> None:
    """Take all that is loaded by now out of the collector's rounds.

    A full round over Pipecat and its libraries holds the interpreter for 60 ms and more, in
    whatever thread it runs; over what came later, well under one. Nothing is collected here: this
    runs in a thread, and garbage may hold widgets, which only their own thread may destroy.
    """
    gc.freeze()


def release_memory() -> None:
    """Return the free heap of ended bots to the system (Linux).

    Thread-safe, and blocking: call it in a thread once a bot has ended and its garbage was
    collected on the loop's own thread. Measured: ../shared/facts/packaging.md §4.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
