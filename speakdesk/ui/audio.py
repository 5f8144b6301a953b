"""Microphone and speakers for the practice room, through Qt Multimedia. Imported only when needed.

The room hears mono s16le at whatever rate the microphone has; it plays mono s16le at 16 kHz in
ticks of 100 ms. Nothing here waits: devices are read and written only as far as they are ready.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import soxr
from PySide6.QtCore import QCoreApplication, QIODevice, QMicrophonePermission, QObject, Qt, Signal
from PySide6.QtMultimedia import (
    QAudioDevice,
    QAudioSink,
    QAudioSource,
    QMediaDevices,
    QtAudio,
)

from speakdesk.ui.audio_devices import device_id, named_devices, output_device, pick_device
from speakdesk.ui.desk_port import PracticeDoor
from speakdesk.ui.jitter_buffer import JitterBuffer
from speakdesk.ui.sound_format import (
    ROOM_RATE_HZ,
    from_mono_float,
    loudness,
    to_mono_s16,
    wanted_format,
)

_HEADPHONES = ("head", "ear", "airpod", "bud", "hands-free", "handsfree")


class AudioDesk(QObject):
    """The person's devices, opened and closed with the practice meeting, followed when plugged."""

    changed = Signal()

    def __init__(self, room: PracticeDoor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._room = room
        self._devices = QMediaDevices(self)
        self._devices.audioInputsChanged.connect(self._on_inputs_changed)
        self._devices.audioOutputsChanged.connect(self._on_outputs_changed)
        self._input_id = ""
        self._output_id = ""
        self._is_started = False
        self._wants_microphone = False
        self._permission = "unknown"
        self._failure = ""
        self._source: QAudioSource | None = None
        self._source_io: QIODevice | None = None
        self._source_id = ""
        self._lost: set[str] = set()
        self._sink: QAudioSink | None = None
        self._sink_io: QIODevice | None = None
        self._sink_id = ""
        self._unsubscribe: Callable[[], None] | None = None
        self._buffer = JitterBuffer()
        self._resampler: soxr.ResampleStream | None = None
        self.level = 0.0

    @property
    def has_input(self) -> bool:
        """True where there is a microphone."""
        return bool(QMediaDevices.audioInputs())

    @property
    def is_capturing(self) -> bool:
        """True while the microphone feeds the room."""
        return self._source is not None

    @property
    def sentence(self) -> str:
        """What a person should know; empty for nothing."""
        if self._failure:
            return self._failure
        has_output = bool(QMediaDevices.audioOutputs())
        if self._permission == "denied":
            return (
                "SpeakDesk may not use the microphone. Allow it in the system's privacy settings; "
                "typing works all the same."
            )
        if not self.has_input and not has_output:
            return (
                "No audio device was found, so you read the bots in the transcript. "
                "Type above: a voice says your line into the room."
            )
        if not self.has_input:
            return "No microphone was found. Type above: a voice says your line into the room."
        if not has_output:
            return "No speakers were found, so you read the bots in the transcript."
        if self.is_capturing and not self._wears_headphones():
            return "Use headphones, or the bots hear themselves through your microphone."
        return ""

    def _wears_headphones(self) -> bool:
        name = self._output().description().lower()
        return any(word in name for word in _HEADPHONES)

    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Microphones as (id, name); Qt goes on listing the last one after it was unplugged."""
        named = named_devices(QMediaDevices.audioInputs())
        return tuple((k, f"{n} (not reached)" if k in self._lost else n) for k, n in named)

    def outputs(self) -> tuple[tuple[str, str], ...]:
        """Speakers as (id, name)."""
        return named_devices(QMediaDevices.audioOutputs())

    def _input(self) -> QAudioDevice:
        return pick_device(
            QMediaDevices.audioInputs(), self._input_id, QMediaDevices.defaultAudioInput()
        )

    def _output(self) -> QAudioDevice:
        return output_device(self._output_id)

    def choose(self, *, input_id: str | None = None, output_id: str | None = None) -> None:
        """Use these devices; empty for the system's choice. Running sound moves over at once."""
        if input_id is not None and input_id != self._input_id:
            self._input_id = input_id
            if self.is_capturing:
                self._stop_source()
                self._start_source()
        if output_id is not None and output_id != self._output_id:
            self._output_id = output_id
            if self._is_started:
                self._stop_sink()
                self._start_sink()
        self.changed.emit()

    def start(self) -> None:
        """Play the room; the microphone stays off until it is turned on."""
        if self._is_started:
            return
        self._is_started = True
        self._start_sink()
        self.changed.emit()

    def stop(self) -> None:
        """Let all devices go."""
        self._is_started = False
        self._wants_microphone = False
        self._stop_source()
        self._stop_sink()
        self._failure = ""

    def set_capturing(self, on: bool) -> None:
        """Turn the microphone on, asking for the permission where the system wants that, or off."""
        self._wants_microphone = on
        self._failure = ""
        if not on:
            self._stop_source()
            self.changed.emit()
            return
        app = QCoreApplication.instance()
        permission = QMicrophonePermission()
        status = app.checkPermission(permission) if app is not None else Qt.PermissionStatus.Granted
        if status == Qt.PermissionStatus.Undetermined and app is not None:
            app.requestPermission(permission, self, self._on_permission)
            return
        self._on_permission_status(status)

    def _on_permission(self, permission: QMicrophonePermission) -> None:
        app = QCoreApplication.instance()
        if app is not None:
            self._on_permission_status(app.checkPermission(permission))

    def _on_permission_status(self, status: Qt.PermissionStatus) -> None:
        self._permission = "denied" if status == Qt.PermissionStatus.Denied else "granted"
        if self._permission == "granted" and self._wants_microphone and self._is_started:
            self._start_source()
        self.changed.emit()

    # -- the microphone --------------------------------------------------------------------------

    def _start_source(self) -> None:
        device = self._input()
        if device.isNull() or self._source is not None:
            return
        source = QAudioSource(device, wanted_format(device), self)
        source.setBufferFrameCount(source.format().sampleRate() // 5)
        self._source, self._source_io = source, source.start()
        self._source_id = device_id(device)
        if source.error() != QtAudio.Error.NoError or self._source_io is None:
            self._stop_source()
            self._lost.add(self._source_id)
            self._failure = (
                f"{device.description()} could not be opened: unplugged, or in use elsewhere. "
                "Choose another microphone under Devices, or type."
            )
            return
        self._lost.discard(self._source_id)
        self._source_io.readyRead.connect(self._on_sound)
        source.stateChanged.connect(self._on_source_state)

    def _on_sound(self) -> None:
        if self._source is None or self._source_io is None:
            return
        form = self._source.format()
        pcm = to_mono_s16(bytes(self._source_io.readAll().data()), form)
        if pcm:
            self.level = loudness(pcm)
            self._room.feed_microphone(pcm, form.sampleRate())

    def _on_source_state(self) -> None:
        # PySide cannot convert the signal's argument for a slot that takes it.
        if self._source is not None and _is_lost(self._source):
            self._stop_source()
            self._lost.add(self._source_id)
            self._failure = (
                "The microphone stopped. Plug it in again or choose another under Devices."
            )
            self.changed.emit()

    def _stop_source(self) -> None:
        source, self._source, self._source_io = self._source, None, None
        self.level = 0.0
        if source is not None:
            source.stop()
            source.deleteLater()

    # -- the speakers ----------------------------------------------------------------------------

    def _start_sink(self) -> None:
        device = self._output()
        if device.isNull() or self._sink is not None:
            return
        sink = QAudioSink(device, wanted_format(device), self)
        rate_hz = sink.format().sampleRate()
        sink.setBufferFrameCount(rate_hz * 3 // 10)
        self._resampler = (
            None
            if rate_hz == ROOM_RATE_HZ
            else soxr.ResampleStream(ROOM_RATE_HZ, rate_hz, 1, dtype="float32", quality="MQ")
        )
        self._sink, self._sink_io = sink, sink.start()
        self._sink_id = device_id(device)
        if sink.error() != QtAudio.Error.NoError or self._sink_io is None:
            self._stop_sink()
            self._failure = (
                f"{device.description()} could not be opened; another program may hold it. "
                "Choose other speakers under Devices, or read the transcript."
            )
            return
        self._unsubscribe = self._room.listen(self._on_tick)

    def _on_tick(self, pcm: bytes) -> None:
        if self._sink is None or self._sink_io is None:
            return
        mono = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono)
        is_silent = pcm.count(0) == len(pcm)
        self._buffer.put(from_mono_float(mono, self._sink.format()), is_silent=is_silent)
        frame = max(1, self._sink.format().bytesPerFrame())
        room = self._sink.bytesFree() // frame * frame
        is_dry = self._sink.bytesFree() >= self._sink.bufferSize()
        data = self._buffer.take(room, is_dry=is_dry)
        if data:
            self._sink_io.write(data)

    def _stop_sink(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        sink, self._sink, self._sink_io = self._sink, None, None
        self._buffer.clear()
        if sink is not None:
            sink.reset()
            sink.stop()
            sink.deleteLater()

    # -- plugging --------------------------------------------------------------------------------

    def _on_inputs_changed(self) -> None:
        self._failure = ""
        self._lost.clear()
        source, key = self._source, device_id(self._input())
        if source is None or key != self._source_id or _is_lost(source):
            self._stop_source()
            if self._is_started and self._wants_microphone and self._permission == "granted":
                self._start_source()
        self.changed.emit()

    def _on_outputs_changed(self) -> None:
        self._failure = ""
        sink, key = self._sink, device_id(self._output())
        if sink is None or key != self._sink_id or _is_lost(sink):
            self._stop_sink()
            if self._is_started:
                self._start_sink()
        self.changed.emit()


def _is_lost(stream: QAudioSource | QAudioSink) -> bool:
    return stream.state() == QtAudio.State.StoppedState and stream.error() != QtAudio.Error.NoError
