"""The shared models: one session for all, one state for each."""

from __future__ import annotations

import numpy as np
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADState

from speakdesk.domain.turns import TurnRules
from speakdesk.pipeline.models import (
    PIPELINE_RATE_HZ,
    WINDOW_SAMPLES,
    SharedSileroAnalyzer,
    SharedSmartTurnAnalyzer,
    loudness,
    release_memory,
)
from tests.fixtures.meeting import speech

SENTENCE = "Could you tell us what the plan is for today?"


def _windows(pcm: bytes) -> list[bytes]:
    size = WINDOW_SAMPLES * 2
    return [pcm[i : i + size] for i in range(0, len(pcm) - size + 1, size)]


def test_all_bots_share_one_session_and_keep_their_own_state() -> None:
    one, other = SharedSileroAnalyzer(TurnRules()), SharedSileroAnalyzer(TurnRules())
    assert one._model.session is other._model.session
    assert SharedSmartTurnAnalyzer()._session is SharedSmartTurnAnalyzer()._session
    pcm = bytes(32000) + speech(SENTENCE, PIPELINE_RATE_HZ)
    expected = [other.measure(w) for w in _windows(pcm)]
    third = SharedSileroAnalyzer(TurnRules())
    mixed = []
    for window in _windows(pcm):
        one.measure(bytes(len(window)))
        mixed.append(third.measure(window))
    assert mixed == expected


def test_measures_what_pipecat_s_own_analyzer_measures() -> None:
    own = SileroVADAnalyzer(sample_rate=PIPELINE_RATE_HZ)
    own.set_sample_rate(PIPELINE_RATE_HZ)
    shared = SharedSileroAnalyzer(TurnRules())
    for window in _windows(speech(SENTENCE, PIPELINE_RATE_HZ)):
        theirs = float(np.asarray(own.voice_confidence(window)).reshape(-1)[0])
        assert abs(theirs - shared.measure(window)) < 1e-5


async def test_hears_speech_begin_and_end_in_frames_of_any_size() -> None:
    pcm = bytes(32000) + speech(SENTENCE, PIPELINE_RATE_HZ) + bytes(32000)
    for size in (640, 3200, 2048, 1300):
        seen: list[bool] = []
        analyzer = SharedSileroAnalyzer(TurnRules(), seen.append)
        states = [await analyzer.analyze_audio(pcm[i : i + size]) for i in range(0, len(pcm), size)]
        assert VADState.SPEAKING in states
        assert states[0] is states[-1] is VADState.QUIET
        assert len(seen) == len(pcm) // (WINDOW_SAMPLES * 2)
        # The very first sign comes within 0.1 s of the first word.
        first = seen.index(True) * WINDOW_SAMPLES / PIPELINE_RATE_HZ
        assert 0.95 <= first <= 1.1


async def test_a_quiet_voice_is_no_voice_where_the_rules_want_it_louder() -> None:
    samples = np.frombuffer(speech(SENTENCE, PIPELINE_RATE_HZ), np.int16)
    faint = (samples * 0.002).astype(np.int16).tobytes()
    analyzer = SharedSileroAnalyzer(TurnRules())
    assert await analyzer.analyze_audio(faint) is VADState.QUIET


def test_loudness_spans_silence_to_full_scale() -> None:
    assert loudness(np.zeros(100, np.int16)) == 0
    assert loudness(np.zeros(0, np.int16)) == 0
    full = (32767 * np.sin(np.arange(1600) * 0.3)).astype(np.int16)
    assert loudness(full) == 1
    assert 0.5 < loudness((full // 300).astype(np.int16)) < 0.65


def test_memory_can_be_released_from_any_thread() -> None:
    release_memory()
