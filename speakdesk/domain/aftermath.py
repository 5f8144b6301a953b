"""What a provider keeps of a meeting: files, people, its own transcript, what it cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from speakdesk.domain.errors import Problem


class ArtifactKind(StrEnum):
    """Which file of a meeting it is."""

    VIDEO = "video"
    AUDIO = "audio"
    TRANSCRIPT = "transcript"
    RAW_TRANSCRIPT = "raw_transcript"
    DIARIZATION = "diarization"
    CHAT = "chat"
    PARTICIPANTS = "participants"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file to fetch. Whoever has `url` has the file, until `expires` (None where unknown)."""

    kind: ArtifactKind
    url: str = field(repr=False)
    expires: datetime | None = None

    def is_expired(self, now: datetime) -> bool:
        """True where the address is known to have run out."""
        return self.expires is not None and now >= self.expires


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who was in the meeting, as the provider names them."""

    name: str
    id: int | None = None
    display_name: str = ""
    picture_url: str = field(default="", repr=False)

    @property
    def shown_name(self) -> str:
        """The name people saw."""
        return self.display_name or self.name


@dataclass(frozen=True, slots=True)
class Cost:
    """What a bot cost in the provider's tokens; a part is None where the provider does not say."""

    total: float | None = None
    recording: float | None = None
    transcription: float | None = None
    own_key_transcription: float | None = None
    streaming_input: float | None = None
    streaming_output: float | None = None


@dataclass(frozen=True, slots=True)
class ProviderWord:
    """One word of the provider's transcript; seconds since the recording began."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """One line of the provider's transcript, or (without text) a stretch in which one spoke."""

    speaker: str
    text: str
    start_s: float
    end_s: float
    language: str = ""
    words: tuple[ProviderWord, ...] = ()


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What there is after a meeting, now. More may come until `is_complete`.

    `raw` is the provider's word for the state of things. `lines` is set only where the transcript
    came with the answer instead of as a file.
    """

    provider_bot_id: str
    raw: str = ""
    is_complete: bool = False
    is_deleted: bool = False
    artifacts: tuple[Artifact, ...] = ()
    lines: tuple[ProviderLine, ...] = ()
    participants: tuple[Participant, ...] = ()
    speakers: tuple[str, ...] = ()
    joined: datetime | None = None
    exited: datetime | None = None
    duration_s: float | None = None
    cost: Cost | None = None
    problem: Problem | None = None

    def artifact(self, kind: ArtifactKind) -> Artifact | None:
        """The file of that kind, None where there is none (yet)."""
        return next((a for a in self.artifacts if a.kind is kind), None)
