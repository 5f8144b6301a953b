"""The person's speakers for a recording, through Qt Multimedia. Imported only when needed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject
from PySide6.QtMultimedia import QAudioSink, QMediaDevices, QtAudio

from speakdesk.ui.audio_devices import output_device
from speakdesk.ui.sound_format import from_mono_float, wanted_format

_BUFFER_S = 0.2


class Speakers(QObject):
    """One device, open from the beginning of its life until `stop`."""

    def __init__(self, device_key: str, rate_hz: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sink: QAudioSink | None = None
        self._io = None
        self.failure = ""
        device = output_device(device_key)
        if device.isNull() or not QMediaDevices.audioOutputs():
            self.failure = "No speakers were found, so the recording runs without sound."
            return
        sink = QAudioSink(device, wanted_format(device, rate_hz), self)
        sink.setBufferFrameCount(round(sink.format().sampleRate() * _BUFFER_S))
        self._sink, self._io = sink, sink.start()
        if self._io is None or sink.error() != QtAudio.Error.NoError:
            self.stop()
            self.failure = (
                f"{device.description()} could not be opened; another program may hold it. The "
                "recording runs without sound."
            )

    @property
    def is_open(self) -> bool:
        """True while sound can be written."""
        if self._sink is None:
            return False
        is_lost = (
            self._sink.state() == QtAudio.State.StoppedState
            and self._sink.error() != QtAudio.Error.NoError
        )
        if is_lost:
            self.stop()
            self.failure = "The speakers were lost, so the recording runs without sound."
        return not is_lost

    @property
    def rate_hz(self) -> int:
        """Samples a second."""
        return self._sink.format().sampleRate() if self._sink is not None else 0

    @property
    def free(self) -> int:
        """How many samples can be written now."""
        if self._sink is None:
            return 0
        return int(self._sink.bytesFree() // max(1, self._sink.format().bytesPerFrame()))

    @property
    def unheard(self) -> int:
        """How many samples were written and not played yet."""
        if self._sink is None:
            return 0
        waiting = self._sink.bufferSize() - self._sink.bytesFree()
        return int(max(0, waiting) // max(1, self._sink.format().bytesPerFrame()))

    def write(self, mono: npt.NDArray[np.float32]) -> None:
        """Play these samples, -1..1, after what was written before."""
        if self._sink is not None and self._io is not None:
            self._io.write(from_mono_float(mono, self._sink.format()))

    def stop(self) -> None:
        """Be silent at once and let the device go."""
        sink, self._sink, self._io = self._sink, None, None
        if sink is not None:
            sink.reset()
            sink.stop()
            sink.deleteLater()
