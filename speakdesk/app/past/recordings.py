"""Where a meeting's files lie on this computer, and which of several recordings is the one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from speakdesk.domain.aftermath import Artifact, ArtifactKind
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.store.history.records import MeetingRecord

SUFFIXES: Mapping[ArtifactKind, str] = {
    ArtifactKind.VIDEO: ".mp4",
    ArtifactKind.AUDIO: ".wav",
}
_SOUND = frozenset({".mp4", ".webm", ".mkv", ".wav", ".mp3", ".flac", ".m4a", ".ogg", ".opus"})
_TEXT = frozenset({".json", ".jsonl", ".txt", ".vtt", ".srt", ".csv"})


def target_for(folder: Path, record: MeetingRecord, bot_id: str, artifact: Artifact) -> Path:
    """A file's place in the meeting's folder: the same each time, so that a download goes on."""
    name = next((bot.name for bot in record.bots if bot.id == bot_id), "")
    words = re.sub(r"[^\w\- ]+", "", name, flags=re.UNICODE).strip()[:60] or "bot"
    number = next((n for n, bot in enumerate(record.bots, start=1) if bot.id == bot_id), 1)
    kind = str(artifact.kind).replace("_", " ")
    return folder / f"{number} {words} {kind}{suffix_of(artifact)}"


def suffix_of(artifact: Artifact) -> str:
    """The file's ending as its address has it, else the usual one of its kind."""
    try:
        found = PurePosixPath(urlsplit(artifact.url).path).suffix.lower()
    except ValueError:
        found = ""
    return found if found in _SOUND | _TEXT else SUFFIXES.get(artifact.kind, ".json")


def has_file(record: MeetingRecord, kind: ArtifactKind) -> bool:
    """True where one recording of this kind was fetched."""
    return any(file.path for after in record.aftermath if (file := after.file(kind)) is not None)


def best_bot(record: MeetingRecord, kind: ArtifactKind) -> str:
    """The bot whose recording of this kind is the longest; empty where there is none."""
    found = [
        after
        for after in record.aftermath
        if (file := after.file(kind)) is not None and file.is_there
    ]
    longest = max(found, key=lambda after: after.duration_s or 0.0, default=None)
    return longest.bot_id if longest is not None else ""


def unknown_bot() -> Problem:
    """No provider knows this bot, or it is still in the meeting."""
    return Problem(
        Stage.PROVIDER,
        Reason.NOT_FOUND,
        "There are no files of this bot.",
        "It is still in the meeting, or never came to it.",
    )
