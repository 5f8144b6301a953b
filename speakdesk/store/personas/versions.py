"""The last saves of each persona, to compare with and to go back to."""

from __future__ import annotations

import difflib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loguru import logger

from speakdesk.domain.clock import from_iso, to_iso
from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import KEY_PATTERN
from speakdesk.store.files import write_atomically
from speakdesk.store.personas.text_json import PersonaTexts

KEPT = 30


@dataclass(frozen=True, slots=True)
class PersonaVersion:
    """One save: `id` names it among its persona's, `why` is a phrase ("before an import")."""

    id: str
    saved: datetime
    fingerprint: str
    why: str = ""


class PersonaVersions:
    """The last `kept` saves of each persona. Everything here blocks: run it in a thread."""

    def __init__(self, folder: Path, kept: int = KEPT) -> None:
        self.folder = folder
        self._kept = kept

    def keep(self, key: str, texts: PersonaTexts, why: str = "") -> None:
        """Remember these texts, unless they are the newest already. Trouble goes to the log: a
        save must not fail for its history."""
        newest = self.all(key)[:1]
        if newest and newest[0].fingerprint == texts.fingerprint:
            return
        now = datetime.now(UTC)
        name = f"{now:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"
        value = {
            "saved": to_iso(now),
            "fingerprint": texts.fingerprint,
            "why": why,
            **texts.to_json(),
        }
        try:
            write_atomically(
                self._folder(key) / f"{name}.json", json.dumps(value).encode("ascii"), mode=0o600
            )
            for old in self._paths(key)[self._kept :]:
                old.unlink(missing_ok=True)
        except OSError as e:
            logger.warning("a version of a persona could not be kept: {}", e.strerror)

    def all(self, key: str) -> tuple[PersonaVersion, ...]:
        """What is kept, the newest first; what cannot be read is left out."""
        found = []
        for path in self._paths(key):
            value = _read(path)
            if value is not None:
                found.append(_version(path.stem, value))
        return tuple(found)

    def texts(self, key: str, version_id: str) -> PersonaTexts:
        """The texts of one version. Raises PersonaError where it is gone."""
        plain = Path(version_id).name == version_id
        value = _read(self._folder(key) / f"{version_id}.json") if plain else None
        if value is None:
            raise PersonaError(
                Problem(
                    Stage.PERSONA,
                    Reason.NOT_FOUND,
                    f"There is no version {version_id} of {key} any more.",
                    "Choose another one.",
                )
            )
        return PersonaTexts.from_json(value)

    def rename(self, key: str, new_key: str) -> None:
        """Let the versions follow their persona to another key."""
        if self._folder(key).is_dir() and not self._folder(new_key).exists():
            try:
                self._folder(key).replace(self._folder(new_key))
            except OSError as e:
                logger.warning("the versions of a persona could not be moved: {}", e.strerror)

    def _folder(self, key: str) -> Path:
        if not KEY_PATTERN.match(key):
            raise ValueError(f"{key!r} is no persona's key")
        return self.folder / key

    def _paths(self, key: str) -> list[Path]:
        paths = [p for p in self._folder(key).glob("*.json") if not p.name.startswith(".")]
        return sorted(paths, key=lambda p: p.name, reverse=True)


def compare(old: PersonaTexts, new: PersonaTexts, old_name: str, new_name: str) -> str:
    """A unified diff of every file that differs; empty where none does."""
    before, after = old.files(), new.files()
    parts: list[str] = []
    for name in dict.fromkeys([*before, *after]):
        lines = difflib.unified_diff(
            before.get(name, "").splitlines(),
            after.get(name, "").splitlines(),
            f"{name} ({old_name})" if name in before else "(no file)",
            f"{name} ({new_name})" if name in after else "(no file)",
            lineterm="",
        )
        parts.extend(lines)
    return "\n".join(parts) + ("\n" if parts else "")


def _read(path: Path) -> Mapping[str, object] | None:
    try:
        value = json.loads(path.read_bytes())
        PersonaTexts.from_json(value)
        _version(path.stem, value)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return dict(value)


def _version(name: str, value: Mapping[str, object]) -> PersonaVersion:
    return PersonaVersion(
        name, from_iso(str(value["saved"])), str(value["fingerprint"]), str(value.get("why", ""))
    )
