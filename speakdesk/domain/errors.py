"""What can go wrong, told to a person.

    SpeakDeskError
    ├── LinkError        the text is no meeting link (also a ValueError)
    ├── PersonaError     a persona is missing or its file is wrong
    ├── ProviderError    a meeting-bot provider refused, failed or did not answer
    ├── SpeechError      a speech service (STT, LLM, TTS) refused, failed or is missing
    ├── GatewayError     the port, the tunnel or the public name
    ├── StoreError       history, settings or a file on disk
    └── IllegalMove      our own bug: a bot's life took a step that does not exist

Every one of them carries a `Problem`: stage, reason, a sentence, the next step, the vendor's words.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """Where in the work the trouble is."""

    LINK = "link"
    PERSONA = "persona"
    SETTINGS = "settings"
    PROVIDER = "provider"
    LOBBY = "lobby"
    CALL = "call"
    GATEWAY = "gateway"
    TUNNEL = "tunnel"
    LISTEN = "listen"
    THINK = "think"
    SPEAK = "speak"
    TOOL = "tool"
    AUDIO = "audio"
    STORE = "store"
    APP = "app"


class Reason(StrEnum):
    """What kind of trouble it is; sorted so that a person or a retry can act on it."""

    BAD_INPUT = "bad_input"
    MISSING = "missing"
    AUTHENTICATION = "authentication"
    QUOTA = "quota"
    RATE_LIMIT = "rate_limit"
    CONFLICT = "conflict"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    REMOVED = "removed"
    TIMEOUT = "timeout"
    CONNECTIVITY = "connectivity"
    UNAVAILABLE = "unavailable"
    PROTOCOL = "protocol"
    UNSUPPORTED = "unsupported"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Problem:
    """One trouble, ready to be shown.

    `sentence` says what happened and the likely cause, `next_step` what to do now (both are whole
    sentences), `vendor_words` is the other side's own text, unchanged, without secrets.
    `is_permanent` is true where trying the same again cannot help.
    """

    stage: Stage
    reason: Reason
    sentence: str
    next_step: str = ""
    vendor_words: str = ""
    is_permanent: bool = True
    retry_after_s: float | None = None

    def __str__(self) -> str:
        text = f"{self.sentence} {self.next_step}".strip()
        return f"{text} ({self.vendor_words})" if self.vendor_words else text

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Problem:
        """The problem `to_json` wrote; unknown fields are ignored."""
        return cls(
            stage=Stage(data["stage"]),
            reason=Reason(data["reason"]),
            sentence=str(data["sentence"]),
            next_step=str(data.get("next_step", "")),
            vendor_words=str(data.get("vendor_words", "")),
            is_permanent=bool(data.get("is_permanent", True)),
            retry_after_s=data.get("retry_after_s"),
        )


class SpeakDeskError(Exception):
    """Base of everything the application raises on purpose; `problem` tells a person about it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class LinkError(SpeakDeskError, ValueError):
    """The text is not a meeting link we can use."""


class PersonaError(SpeakDeskError):
    """A persona is missing or its file is wrong."""


class ProviderError(SpeakDeskError):
    """A meeting-bot provider refused, failed or did not answer."""


class SpeechError(SpeakDeskError):
    """A speech service is missing, refused, failed or did not answer."""


class GatewayError(SpeakDeskError):
    """Our port, the tunnel or the public name does not work."""


class StoreError(SpeakDeskError):
    """Something kept on disk cannot be read or written."""


class IllegalMove(SpeakDeskError):
    """A bot's life took a step that the table of legal moves does not have."""
