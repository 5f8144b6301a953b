"""Launch options about what the provider records and transcribes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from speakdesk.domain.join import RecordingMode, TranscriptionOptions
from speakdesk.ui.components.options.group import OptionGroup

OWN_KEY = "GLADIA_API_KEY"
MODES = (
    ("Who speaks", RecordingMode.SPEAKER_VIEW.value),
    ("Everybody", RecordingMode.GALLERY_VIEW.value),
    ("Sound only", RecordingMode.AUDIO_ONLY.value),
)
TRANSCRIPTIONS = (
    ("None", ""),
    ("By the provider (Gladia)", "provider"),
    (f"By Gladia with your {OWN_KEY}", OWN_KEY),
)


class RecordingOptions(OptionGroup):
    """`key_of` gives a key's value when the launch is made; it is never shown."""

    def __init__(self, key_of: Callable[[str], str], parent: QWidget | None = None) -> None:
        super().__init__("Recording", parent)
        self._key_of = key_of
        self.mode = self.add_choice(
            "recording", "The provider's recording shows", 0, 0, MODES, "Found in History after"
        )
        self.transcription = self.add_choice(
            "transcription",
            "The provider's own transcript",
            0,
            1,
            TRANSCRIPTIONS,
            "Made beside SpeakDesk's; the provider charges for it",
            self._key_problem,
        )

    def _key_problem(self, chosen: object) -> str:
        if chosen == OWN_KEY and not self._key_of(OWN_KEY):
            return f"{OWN_KEY} is not set. Add it in Settings under Keys."
        return ""

    def set_defaults(self, mode: str, transcription: str) -> None:
        """What the settings ask for."""
        self.mode.set_default(mode)
        self.transcription.set_default(transcription)

    @property
    def recording(self) -> RecordingMode:
        """What the recording shows."""
        return RecordingMode(self.mode.currentData())

    @property
    def chosen_transcription(self) -> TranscriptionOptions | None:
        """Who else transcribes, or nobody."""
        chosen = str(self.transcription.currentData())
        if not chosen or not self.is_free("transcription"):
            return None
        return TranscriptionOptions(api_key=self._key_of(OWN_KEY) if chosen == OWN_KEY else "")
