"""How bots join where a launch says nothing."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from speakdesk.domain.join import (
    TIMEOUT_RANGES_S,
    JoinOptions,
    LeaveTimeouts,
    RecordingMode,
    TranscriptionOptions,
)
from speakdesk.store.settings_part import SettingsPart


def _seconds(name: str, title: str, what: str) -> Any:
    low, high = TIMEOUT_RANGES_S[name]
    return Field(
        None,
        ge=low,
        le=high,
        title=title,
        description=f"Seconds a bot waits {what}, {low} to {high}; empty: the provider's own.",
    )


class JoinSettings(SettingsPart):
    """How bots join where a launch says nothing; empty times are left to the provider."""

    recording: RecordingMode = Field(
        RecordingMode.SPEAKER_VIEW,
        title="Recording",
        description="What the provider's own recording shows.",
    )
    waiting_room_s: int | None = _seconds("waiting_room_s", "Waiting room", "to be let in")
    no_one_joined_s: int | None = _seconds("no_one_joined_s", "Nobody joined", "for somebody")
    silence_s: int | None = _seconds("silence_s", "Silence", "where nobody speaks")
    transcription: bool = Field(
        False,
        title="Provider's transcript",
        description="Let the provider transcribe its recording, beside SpeakDesk's own lines.",
    )
    transcription_provider: str = Field(
        "gladia", title="Transcribed by", description="The service that the provider uses for it."
    )
    only_bots_s: int = Field(
        120,
        ge=0,
        le=3600,
        title="Only bots left",
        description="Seconds after which bots leave a meeting that people have left; 0 never.",
    )

    def options(self) -> JoinOptions:
        """The same as a launch asks for it."""
        transcriber = self.transcription_provider.strip() or "gladia"
        return JoinOptions(
            recording=self.recording,
            timeouts=LeaveTimeouts(self.waiting_room_s, self.no_one_joined_s, self.silence_s),
            transcription=TranscriptionOptions(transcriber) if self.transcription else None,
        )
