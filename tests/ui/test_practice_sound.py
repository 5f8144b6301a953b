"""Microphone and speakers: formats, the jitter buffer, and what is said without devices."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtMultimedia import QAudioFormat

from speakdesk.ui.audio import AudioDesk
from speakdesk.ui.jitter_buffer import JitterBuffer
from speakdesk.ui.sound_format import from_mono_float, loudness, to_mono_s16
from tests.ui.fake_desk import FakePractice

FORMATS = (
    QAudioFormat.SampleFormat.UInt8,
    QAudioFormat.SampleFormat.Int16,
    QAudioFormat.SampleFormat.Int32,
    QAudioFormat.SampleFormat.Float,
)


def form_of(kind: QAudioFormat.SampleFormat, channels: int) -> QAudioFormat:
    form = QAudioFormat()
    form.setSampleRate(48000)
    form.setChannelCount(channels)
    form.setSampleFormat(kind)
    return form


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_sound_survives_the_way_to_a_device_and_back(
    kind: QAudioFormat.SampleFormat, channels: int
) -> None:
    form = form_of(kind, channels)
    wave = (np.sin(np.linspace(0, 40, 480)) * 0.5).astype(np.float32)
    data = from_mono_float(wave, form)
    assert len(data) == 480 * form.bytesPerFrame()

    back = np.frombuffer(to_mono_s16(data + b"\x01" * (form.bytesPerFrame() - 1), form), "<i2")
    assert len(back) == 480
    assert np.max(np.abs(back / 32767 - wave)) < (0.02 if kind == FORMATS[0] else 0.001)


def test_the_buffer_waits_for_two_ticks_when_the_device_is_dry() -> None:
    buffer = JitterBuffer(prefill=2, most=4)
    buffer.put(b"aa")
    assert buffer.take(100, is_dry=True) == b""
    buffer.put(b"bb")
    assert buffer.take(3, is_dry=True) == b"aab"
    assert buffer.take(100, is_dry=False) == b"b"


def test_the_buffer_drops_the_oldest_rather_than_lag() -> None:
    buffer = JitterBuffer(prefill=1, most=2)
    for tick in (b"1", b"2", b"3"):
        buffer.put(tick)
    assert buffer.take(10, is_dry=False) == b"23"


def test_the_buffer_catches_up_in_silence() -> None:
    buffer = JitterBuffer(prefill=1, most=9)
    buffer.put(b"1")
    buffer.put(b"2")
    buffer.put(b"0", is_silent=True)
    assert buffer.take(10, is_dry=False) == b"12"
    buffer.put(b"0", is_silent=True)
    assert buffer.take(10, is_dry=False) == b"0"


def test_loudness_is_nothing_for_silence_and_bounded() -> None:
    assert loudness(b"") == 0.0
    assert loudness(b"\0\0" * 100) == 0.0
    assert loudness(np.full(100, 32767, "<i2").tobytes()) == 1.0


def test_opening_and_closing_leaves_nobody_listening(qapp: object) -> None:
    room = FakePractice()
    audio = AudioDesk(room)
    audio.start()
    audio.set_capturing(audio.has_input)
    for listener in room.listeners:
        listener(b"\0\0" * 1600)
    audio.stop()

    assert room.listeners == []
    assert not audio.is_capturing
    audio.deleteLater()
