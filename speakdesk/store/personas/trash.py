"""Where deleted personas go: whole folders, to be brought back."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from speakdesk.domain.clock import from_iso, to_iso
from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.store.files import write_atomically

_LABEL = "deleted.json"
_CONTENT = "folder"


@dataclass(frozen=True, slots=True)
class TrashedPersona:
    """A deleted persona: `id` names it in the trash, `origin` is the folder it was."""

    id: str
    key: str
    name: str
    deleted: datetime
    origin: Path


class PersonaTrash:
    """Deleted personas of one library. Everything here blocks: run it in a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(
        self, persona_folder: Path, key: str, name: str, origin: Path | None = None
    ) -> TrashedPersona:
        """Move a persona's folder here; `origin` is where it is brought back to, by default where
        it was. Raises PersonaError; the folder then still stands."""
        origin = origin or persona_folder
        now = datetime.now(UTC)
        stem, number = f"{now:%Y%m%d-%H%M%S}-{key}", 2
        place = self.folder / stem
        while place.exists():
            place, number = self.folder / f"{stem}-{number}", number + 1
        entry = TrashedPersona(place.name, key, name, now, origin)
        label = {"key": key, "name": name, "deleted": to_iso(now), "origin": str(origin)}
        try:
            # The label first: a folder without one could not be brought back.
            write_atomically(place / _LABEL, json.dumps(label).encode())
            shutil.move(persona_folder, place / _CONTENT)
        except OSError as e:
            if persona_folder.exists():
                shutil.rmtree(place, ignore_errors=True)
            raise _failed(f"{name} could not be deleted.", e) from e
        return entry

    def all(self) -> tuple[TrashedPersona, ...]:
        """What can be brought back, the newest first."""
        found = [e for place in _folders(self.folder) if (e := _read(place)) is not None]
        return tuple(sorted(found, key=lambda e: (e.deleted, e.id), reverse=True))

    def restore(self, entry_id: str) -> TrashedPersona:
        """Put a deleted persona back where it was; beside it where something else is there now.

        Returns it with the folder it now has. Raises PersonaError.
        """
        entry = next((e for e in self.all() if e.id == entry_id), None)
        if entry is None:
            raise PersonaError(
                Problem(
                    Stage.PERSONA,
                    Reason.NOT_FOUND,
                    f"Nothing called {entry_id} was deleted.",
                    "Look at what was: speakdesk personas restore.",
                )
            )
        target, number = entry.origin, 2
        while target.exists():
            target = entry.origin.with_name(f"{entry.origin.name}_{number}")
            number += 1
        place = self.folder / entry.id
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(place / _CONTENT, target)
        except OSError as e:
            raise _failed(f"{entry.name} could not be brought back.", e) from e
        shutil.rmtree(place, ignore_errors=True)
        return TrashedPersona(entry.id, target.name, entry.name, entry.deleted, target)


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.is_dir())
    except FileNotFoundError:
        return []
    except OSError as e:
        raise _failed("The deleted personas cannot be listed.", e) from e


def _read(place: Path) -> TrashedPersona | None:
    try:
        label = json.loads((place / _LABEL).read_text(encoding="utf-8"))
        entry = TrashedPersona(
            place.name,
            str(label["key"]),
            str(label["name"]),
            from_iso(label["deleted"]),
            Path(label["origin"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return entry if (place / _CONTENT).is_dir() else None


def _failed(sentence: str, error: OSError) -> PersonaError:
    return PersonaError(
        Problem(
            Stage.PERSONA,
            Reason.UNAVAILABLE,
            sentence,
            "Check the free space and the permissions of the folders.",
            error.strerror or str(error),
        )
    )
