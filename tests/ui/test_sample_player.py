"""A voice sample on its way to the speakers, with the devices played by the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtMultimedia import QAudioFormat

from speakdesk.domain.voice import Sample
from speakdesk.ui import sample_audio
from speakdesk.ui.face import Face
from speakdesk.ui.sample_player import NO_SPEAKERS, SamplePlayer
from tests.ui.conftest import Run

SECOND = Sample((np.sin(np.arange(16000) / 10) * 9000).astype("<i2").tobytes(), 16000)


class FakeSound(QObject):
    """Opens unless it is told not to; plays until it is stopped."""

    ended = Signal()
    failure = ""
    made: list[FakeSound] = []

    def __init__(self, device: Any, form: Any, data: bytes) -> None:
        super().__init__()
        self.data = data
        self.made.append(self)

    def stop(self) -> None:
        self.ended.emit()


@pytest.fixture
def player(face: Face, loop: object) -> Iterator[SamplePlayer]:
    made = SamplePlayer(face)
    yield made
    made.stop()
    made.deleteLater()


def form(rate_hz: int, channels: int, kind: QAudioFormat.SampleFormat) -> QAudioFormat:
    made = QAudioFormat()
    made.setSampleRate(rate_hz)
    made.setChannelCount(channels)
    made.setSampleFormat(kind)
    return made


def test_a_sample_fits_what_the_device_takes() -> None:
    plain = form(16000, 1, QAudioFormat.SampleFormat.Int16)
    same = np.frombuffer(sample_audio.fitted(SECOND, plain), dtype="<i2")
    assert len(same) == 16000
    assert np.abs(same - np.frombuffer(SECOND.pcm, dtype="<i2")).max() <= 1
    wide = form(48000, 2, QAudioFormat.SampleFormat.Float)
    stereo = np.frombuffer(sample_audio.fitted(SECOND, wide), dtype=np.float32).reshape(-1, 2)
    assert abs(len(stereo) - 48000) <= 2
    assert (stereo[:, 0] == stereo[:, 1]).all()


def test_without_speakers_it_says_so(
    player: SamplePlayer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_audio, "speakers", lambda key: None)
    assert run(player.play(SECOND)) == NO_SPEAKERS
    assert not player.is_playing


def test_one_sound_at_a_time_and_silence_at_once(
    player: SamplePlayer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = form(16000, 1, QAudioFormat.SampleFormat.Int16)
    changes: list[bool] = []
    player.changed.connect(lambda: changes.append(player.is_playing))
    monkeypatch.setattr(sample_audio, "speakers", lambda key: object())
    monkeypatch.setattr(sample_audio, "format_for", lambda device: plain)
    monkeypatch.setattr(sample_audio, "Sound", FakeSound)
    FakeSound.made = []
    assert run(player.play(SECOND)) == ""
    assert player.is_playing
    assert run(player.play(SECOND)) == ""
    player.stop()
    assert not player.is_playing
    assert changes == [True, False, True, False]
    assert [len(sound.data) for sound in FakeSound.made] == [32000, 32000]


def test_a_device_that_cannot_be_opened_is_told(
    player: SamplePlayer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = form(16000, 1, QAudioFormat.SampleFormat.Int16)
    monkeypatch.setattr(sample_audio, "speakers", lambda key: object())
    monkeypatch.setattr(sample_audio, "format_for", lambda device: plain)
    monkeypatch.setattr(sample_audio, "Sound", FakeSound)
    monkeypatch.setattr(FakeSound, "failure", "USB speakers could not be opened.")
    assert run(player.play(SECOND)) == "USB speakers could not be opened."
    assert not player.is_playing
