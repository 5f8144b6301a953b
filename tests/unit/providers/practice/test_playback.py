"""What the meeting's end of the socket measures and plays."""

from __future__ import annotations

import numpy as np
import pytest

from speakdesk.providers.practice.playback import PlaybackMeter, SoundQueue
from tests.fixtures.tone import tone

RATE = 16000


def chunk(seconds: float, loud: bool = True) -> np.ndarray:
    return np.full(int(seconds * RATE), 9000 if loud else 0, dtype=np.int16)


def test_meter_counts_a_gap_in_mid_sound_as_late() -> None:
    meter = PlaybackMeter(RATE)
    meter.note(chunk(0.02), 10.0)
    meter.note(chunk(0.02), 10.02)
    meter.note(chunk(0.02), 10.09)
    assert meter.underruns == 1
    assert meter.audio_late_ms == pytest.approx(50)


def test_meter_takes_pauses_between_sentences_for_what_they_are() -> None:
    meter = PlaybackMeter(RATE)
    meter.note(chunk(0.1), 10.0)
    meter.note(chunk(0.1, loud=False), 10.1)
    meter.note(chunk(0.1), 10.7)
    meter.note(chunk(0.1), 15.0)
    assert meter.underruns == 0


def test_meter_knows_the_moment_of_silence_to_the_sample() -> None:
    meter = PlaybackMeter(RATE)
    meter.note(chunk(0.2), 10.0)
    half = np.concatenate((chunk(0.05), chunk(0.05, loud=False)))
    meter.note(half, 10.1)
    assert meter.first_voice_s == pytest.approx(10.0)
    assert meter.voice_until_s == pytest.approx(10.25)
    assert meter.ahead_ms == pytest.approx(200)
    assert meter.received_ms == pytest.approx(300)


def test_queue_plays_everything_in_order_and_evenly() -> None:
    queue = SoundQueue(RATE)
    sound = tone(300, 0.45)
    queue.put(sound)
    blocks = [queue.take() for _ in range(6)]
    played = np.concatenate([b for b in blocks if b is not None])
    assert blocks[5] is None
    assert played[: len(sound) // 2].astype("<i2").tobytes() == sound
    assert not played[len(sound) // 2 :].any()


def test_queue_waits_one_tick_at_most_before_it_begins() -> None:
    queue = SoundQueue(RATE)
    queue.put(tone(300, 0.02))
    assert queue.take() is None
    assert queue.take() is not None


def test_live_queue_drops_the_oldest_sound_rather_than_falling_behind() -> None:
    queue = SoundQueue(RATE, longest_s=0.5)
    for _ in range(20):
        queue.put(tone(300, 0.1))
    assert len(queue) == RATE // 2
