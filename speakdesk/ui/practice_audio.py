"""What the practice bar may know of the audio devices; `ui/audio.py` does the work once needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from speakdesk.ui.desk_port import DeskPort
from speakdesk.ui.tasks import Tasks

if TYPE_CHECKING:
    from speakdesk.ui.audio import AudioDesk


class PracticeAudio(QObject):
    """The person's microphone and speakers. Nothing of Qt Multimedia is loaded before `open`.

    `sentence` says what a person should know: that there is no device and typing works, that the
    permission is missing, or that headphones help against an echo.
    """

    changed = Signal()
    device_chosen = Signal(str, str)

    def __init__(self, desk: DeskPort, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._tasks = tasks
        self._audio: AudioDesk | None = None
        self._is_open = False

    @property
    def is_ready(self) -> bool:
        """True once the devices are known."""
        return self._audio is not None

    @property
    def has_microphone(self) -> bool:
        """True where there is a microphone to turn on."""
        return self._audio is not None and self._audio.has_input

    @property
    def is_microphone_on(self) -> bool:
        """True while the room hears the microphone."""
        return self._audio is not None and self._audio.is_capturing

    @property
    def microphone_level(self) -> float:
        """How loud the person is now, 0..1."""
        return self._audio.level if self._audio is not None else 0.0

    @property
    def sentence(self) -> str:
        """What a person should know about the devices; empty for nothing."""
        return self._audio.sentence if self._audio is not None else ""

    @property
    def input_id(self) -> str:
        """The chosen microphone; empty for the system's choice."""
        return str(getattr(self._desk.settings.current, "audio_input", ""))

    @property
    def output_id(self) -> str:
        """The chosen speakers; empty for the system's choice."""
        return str(getattr(self._desk.settings.current, "audio_output", ""))

    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Microphones as (id, name)."""
        return self._audio.inputs() if self._audio is not None else ()

    def outputs(self) -> tuple[tuple[str, str], ...]:
        """Speakers as (id, name)."""
        return self._audio.outputs() if self._audio is not None else ()

    def choose_input(self, key: str) -> None:
        """Take this microphone from now on, and keep the choice."""
        self.device_chosen.emit("audio_input", key)
        if self._audio is not None:
            self._audio.choose(input_id=key)

    def choose_output(self, key: str) -> None:
        """Take these speakers from now on, and keep the choice."""
        self.device_chosen.emit("audio_output", key)
        if self._audio is not None:
            self._audio.choose(output_id=key)

    def set_microphone(self, on: bool) -> None:
        """Let the room hear the microphone, or not."""
        if self._audio is not None:
            self._audio.set_capturing(on)

    def open(self) -> None:
        """A practice meeting has begun: find the devices and play the room."""
        if not self._is_open:
            self._is_open = True
            self._tasks.start(self._open(), "open audio devices")

    async def _open(self) -> None:
        import asyncio

        # Loading the media libraries takes a moment and needs no window, so a thread does it.
        await asyncio.to_thread(_load_audio)
        from speakdesk.ui.audio import AudioDesk

        if not self._is_open:
            return
        if self._audio is None:
            self._audio = AudioDesk(self._desk.practice, self)
            self._audio.changed.connect(self.changed)
        self._audio.choose(input_id=self.input_id, output_id=self.output_id)
        self._audio.start()
        self.changed.emit()

    def close(self) -> None:
        """The practice meeting is over: let the devices go."""
        self._is_open = False
        if self._audio is not None:
            self._audio.stop()
            self.changed.emit()


def _load_audio() -> None:
    import speakdesk.ui.audio  # noqa: F401
