"""What is wrong with a persona's files, and what stands against a save."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import Persona


class Severity(StrEnum):
    """How bad it is: an error does not do what the file says, a warning may disappoint."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class PersonaIssue:
    """One thing about one line of one file.

    `line` is 1-based, 0 where no line is meant. `field` is a metadata key, or `name`, `key`,
    `prompt`, `voice`, `knowledge`, `picture`, `file`.
    """

    file: str
    line: int
    field: str
    sentence: str
    severity: Severity = Severity.ERROR

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return {
            "file": self.file,
            "line": self.line,
            "field": self.field,
            "sentence": self.sentence,
            "severity": self.severity.value,
        }


def is_sound(issues: Iterable[PersonaIssue]) -> bool:
    """True where nothing among them is an error."""
    return all(issue.severity is not Severity.ERROR for issue in issues)


class PersonaConflict(PersonaError):
    """The files changed on disk since the edit began, and the same ones were edited here.

    `mine` is what was to be saved, `theirs` what lies on disk now (None where it is gone or cannot
    be read), `files` the ones in which both differ. Nothing was written.
    """

    def __init__(self, mine: Persona, theirs: Persona | None, files: tuple[str, ...]) -> None:
        listed = ", ".join(files)
        gone = f"The files of {mine.key} were taken away or cannot be read any more."
        super().__init__(
            Problem(
                Stage.PERSONA,
                Reason.CONFLICT,
                f"{listed} of {mine.key} changed on disk since you began to edit."
                if theirs is not None
                else gone,
                "Compare both versions and choose which to keep; nothing was overwritten."
                if theirs is not None
                else "Save it under another key, or save again to bring it back.",
            )
        )
        self.mine = mine
        self.theirs = theirs
        self.files = files
