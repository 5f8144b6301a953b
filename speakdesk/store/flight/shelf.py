"""Where recordings lie on this computer, and which meeting each is of.

A recording in the folder says its meeting and bot in its name, so that nothing beside it can get
lost; for one that a person put elsewhere a small file here says where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from loguru import logger

from speakdesk.store.files import write_atomically

SUFFIX = ".speakdesk"

_NAME = re.compile(
    rf"^(?P<stamp>\d{{8}}-\d{{6}}) (?P<name>.*?) ?\((?P<meeting>\w+)-(?P<bot>\w+?)\)(?:-\d+)?"
    rf"{re.escape(SUFFIX)}$"
)
_LONGEST_NAME = 40
_ELSEWHERE = ".elsewhere"


@dataclass(frozen=True, slots=True)
class FlightNote:
    """One recording of one bot in one meeting."""

    path: Path
    meeting_id: str
    bot_id: str
    bot_name: str = ""


class FlightShelf:
    """The folder of recordings. All methods block and may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_for(self, meeting_id: str, bot_id: str, bot_name: str, began: datetime) -> Path:
        """A free place for a new recording."""
        words = " ".join(re.sub(r"[^\w\- ]+", " ", bot_name).split())[:_LONGEST_NAME].strip()
        stamp = began.strftime("%Y%m%d-%H%M%S")
        stem = f"{stamp} {words or 'bot'} ({meeting_id}-{bot_id})"
        return free(self.folder / f"{stem}{SUFFIX}")

    def note(self, note: FlightNote) -> None:
        """Remember a recording that lies elsewhere. Raises OSError."""
        data = {**asdict(note), "path": str(note.path)}
        place = self.folder / f"{note.meeting_id}-{note.bot_id}{_ELSEWHERE}"
        write_atomically(place, (json.dumps(data) + "\n").encode("utf-8"))

    def all(self) -> tuple[FlightNote, ...]:
        """Every recording that is still there, oldest first, those elsewhere last."""
        found, elsewhere = [], []
        for path in self._files():
            if match := _NAME.match(path.name):
                found.append(FlightNote(path, match["meeting"], match["bot"], match["name"]))
            elif path.suffix == _ELSEWHERE and (note := _read(path)) and note.path.is_file():
                elsewhere.append(note)
        return (*found, *elsewhere)

    def of_meeting(self, meeting_id: str) -> tuple[FlightNote, ...]:
        """The recordings of one meeting, one for each bot that made one."""
        return tuple(note for note in self.all() if note.meeting_id == meeting_id)

    def delete_older(self, before: datetime, keep: Iterable[Path] = ()) -> int:
        """Delete recordings of the folder that were last written before a moment.

        One that lies elsewhere is the person's own and stays. Returns how many are gone.
        """
        kept, gone = set(keep), 0
        for note in self.all():
            if note.path.parent != self.folder or note.path in kept:
                continue
            try:
                if note.path.stat().st_mtime < before.timestamp():
                    note.path.unlink()
                    gone += 1
            except OSError as e:
                logger.warning("an old recording cannot be deleted: {}", e.strerror or "?")
        self._forget_missing(before)
        return gone

    def delete_meeting(self, meeting_id: str) -> int:
        """Delete the folder's recordings of one meeting; returns how many are gone."""
        gone = 0
        for note in self.of_meeting(meeting_id):
            if note.path.parent != self.folder:
                continue
            try:
                note.path.unlink()
                gone += 1
            except OSError as e:
                logger.warning("a recording cannot be deleted: {}", e.strerror or "?")
        return gone

    def _forget_missing(self, before: datetime) -> None:
        for path in self._files():
            try:
                is_old = path.stat().st_mtime < before.timestamp()
                if path.suffix == _ELSEWHERE and is_old:
                    note = _read(path)
                    if note is None or not note.path.exists():
                        path.unlink()
            except OSError as e:
                logger.warning("an old note cannot be deleted: {}", e.strerror or "?")

    def _files(self) -> list[Path]:
        try:
            return sorted(self.folder.iterdir())
        except FileNotFoundError:
            return []


def _read(path: Path) -> FlightNote | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return FlightNote(
            Path(str(data["path"])),
            str(data["meeting_id"]),
            str(data["bot_id"]),
            str(data.get("bot_name", "")),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as e:
        logger.warning("a note about a recording cannot be used: {}", type(e).__name__)
        return None


def free(path: Path, taken: Iterable[Path] = ()) -> Path:
    """The path, or the same with -2, -3 … before its ending where that is taken."""
    others = set(taken)
    candidate, number = path, 2
    while candidate in others or candidate.exists():
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return candidate
