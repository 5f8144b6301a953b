"""Lines of either source in one shape, for files and for whoever reads a meeting as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from speakdesk.store.history.records import MeetingRecord


@dataclass(frozen=True, slots=True)
class ExportLine:
    """One line; `start_s` counts from the beginning, `seconds` is None where nobody knows."""

    start_s: float
    speaker: str
    text: str
    seconds: float | None = None
    interrupted: bool = False

    @property
    def said(self) -> str:
        """ "Ada: We begin on Monday."."""
        return f"{self.speaker}: {self.text}{' …' if self.interrupted else ''}"


def our_lines(meeting: MeetingRecord) -> tuple[ExportLine, ...]:
    """What this desk heard and said, from the meeting's start."""
    began = meeting.summary.started
    return tuple(
        ExportLine(
            max(0.0, (line.at - began).total_seconds()),
            line.speaker,
            line.text,
            line.seconds,
            line.interrupted,
        )
        for line in meeting.lines
    )


def provider_lines(meeting: MeetingRecord) -> tuple[ExportLine, ...]:
    """The provider's own transcript, from the start of its recording."""
    return tuple(
        ExportLine(
            max(0.0, line.start_s),
            line.speaker or "Somebody",
            line.text,
            max(0.0, line.end_s - line.start_s) or None,
        )
        for line in meeting.provider_lines
    )
