"""Why a recording cannot be opened, in words for people."""

from __future__ import annotations

from pathlib import Path

from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.store.flight.format import FORMAT_MAJOR


def cannot_open(path: Path, error: OSError) -> Problem:
    """The system refuses it."""
    return Problem(
        Stage.STORE,
        Reason.NOT_FOUND if isinstance(error, FileNotFoundError) else Reason.UNAVAILABLE,
        f"The recording {path} cannot be opened.",
        "Check the name and the file's permissions.",
        error.strerror or str(error),
    )


def newer(path: Path, major: int) -> Problem:
    """Its format is one this version does not know."""
    return Problem(
        Stage.STORE,
        Reason.UNSUPPORTED,
        f"{path.name} was recorded by a newer SpeakDesk (format {major}; this one reads "
        f"{FORMAT_MAJOR}).",
        "Update SpeakDesk.",
    )


def no_recording(path: Path) -> Problem:
    """It is some other file."""
    return Problem(
        Stage.STORE,
        Reason.BAD_INPUT,
        f"{path.name} is no recording of SpeakDesk.",
        "A recording's name ends in .speakdesk.",
    )


def empty(path: Path) -> Problem:
    """It was cut off before its first record was whole."""
    return Problem(
        Stage.STORE,
        Reason.MISSING,
        f"{path.name} holds no whole record: it was cut off as it began.",
        "There is nothing in it that can be saved.",
    )
