"""One sample played through Qt Multimedia. Imported only when something is to be heard."""

from __future__ import annotations

import numpy as np
import soxr
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Signal
from PySide6.QtMultimedia import QAudioDevice, QAudioFormat, QAudioSink, QMediaDevices, QtAudio

from speakdesk.domain.voice import Sample
from speakdesk.ui.audio_devices import device_id
from speakdesk.ui.sound_format import from_mono_float, wanted_format


def speakers(key: str) -> QAudioDevice | None:
    """The device of this id, else the system's choice; None where there is none."""
    for device in QMediaDevices.audioOutputs():
        if key and device_id(device) == key:
            return device
    default = QMediaDevices.defaultAudioOutput()
    return None if default.isNull() else default


def fitted(sample: Sample, form: QAudioFormat) -> bytes:
    """The sample in a device's own format. Blocking."""
    mono = np.frombuffer(sample.pcm[: len(sample.pcm) // 2 * 2], dtype="<i2")
    sound: np.ndarray = mono.astype(np.float32) / 32768
    if form.sampleRate() != sample.rate_hz:
        sound = soxr.resample(sound, sample.rate_hz, form.sampleRate())
    return from_mono_float(sound, form)


class Sound(QObject):
    """One sound on its way to the speakers; `ended` comes once, also when it is stopped.

    `failure` is a sentence where the device cannot be opened.
    """

    ended = Signal()

    def __init__(self, device: QAudioDevice, form: QAudioFormat, data: bytes) -> None:
        super().__init__()
        self.failure = ""
        self._buffer = QBuffer(self)
        self._buffer.setData(QByteArray(data))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._sink: QAudioSink | None = QAudioSink(device, form, self)
        self._sink.start(self._buffer)
        if self._sink.error() != QtAudio.Error.NoError:
            self.failure = (
                f"{device.description()} could not be opened; another program may hold it."
            )
        self._sink.stateChanged.connect(self._on_state)

    def _on_state(self) -> None:
        # PySide cannot convert the signal's argument for a slot that takes it.
        if self._sink is not None and self._sink.state() in (
            QtAudio.State.IdleState,
            QtAudio.State.StoppedState,
        ):
            self.stop()

    def stop(self) -> None:
        """Be silent. Safe to call twice."""
        sink, self._sink = self._sink, None
        if sink is None:
            return
        sink.stateChanged.disconnect(self._on_state)
        sink.stop()
        self.ended.emit()
        self.deleteLater()


def format_for(device: QAudioDevice) -> QAudioFormat:
    """16 kHz mono where the device takes it, what it prefers otherwise."""
    return wanted_format(device)
