"""What was typed into the editor and not yet saved; it survives a crash."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loguru import logger

from speakdesk.domain.clock import from_iso, to_iso
from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import KEY_PATTERN
from speakdesk.store.files import name_aside, write_atomically
from speakdesk.store.personas.text_json import PersonaTexts

NEW = "_new"


@dataclass(frozen=True, slots=True)
class Draft:
    """Unsaved texts of the persona `key` (`NEW` for one without a key yet).

    `base` is the fingerprint of what the edit began with, empty for a new persona.
    """

    key: str
    texts: PersonaTexts
    base: str
    kept: datetime


class PersonaDrafts:
    """One draft for each persona. Everything here blocks: run it in a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, key: str, texts: PersonaTexts, base: str) -> Draft:
        """Keep a draft in place of the one before. Raises PersonaError."""
        draft = Draft(key, texts, base, datetime.now(UTC))
        value = {"key": key, "base": base, "kept": to_iso(draft.kept), **texts.to_json()}
        content = json.dumps(value, ensure_ascii=True).encode("ascii")
        try:
            write_atomically(self._path(key), content, mode=0o600)
        except OSError as e:
            raise PersonaError(
                Problem(
                    Stage.PERSONA,
                    Reason.UNAVAILABLE,
                    "Your unsaved changes could not be kept aside.",
                    "Save the persona now, and check the free space.",
                    e.strerror or str(e),
                )
            ) from e
        return draft

    def get(self, key: str) -> Draft | None:
        """The draft of a persona, None where there is none. An unreadable one is set aside."""
        path = self._path(key)
        try:
            raw = path.read_bytes()
        except OSError:
            return None
        try:
            value = json.loads(raw)
            return Draft(
                str(value["key"]),
                PersonaTexts.from_json(value),
                str(value["base"]),
                from_iso(value["kept"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            logger.warning("a draft of a persona cannot be read and was set aside")
            try:
                path.replace(name_aside(path, "broken").with_suffix(".bad"))
            except OSError as e:
                logger.warning("it could not be moved: {}", e.strerror)
            return None

    def all(self) -> tuple[Draft, ...]:
        """Every draft, the newest first."""
        try:
            names = [p.stem for p in self.folder.glob("*.json") if not p.name.startswith(".")]
        except OSError:
            return ()
        known = (name for name in names if name == NEW or KEY_PATTERN.match(name))
        drafts = [draft for name in known if (draft := self.get(name)) is not None]
        return tuple(sorted(drafts, key=lambda d: d.kept, reverse=True))

    def discard(self, key: str) -> None:
        """Forget a draft."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as e:
            logger.warning("a draft of a persona could not be removed: {}", e.strerror)

    def rename(self, key: str, new_key: str) -> None:
        """Let a draft follow its persona to another key."""
        draft = self.get(key)
        if draft is not None:
            self.keep(new_key, draft.texts, draft.base)
            self.discard(key)

    def _path(self, key: str) -> Path:
        if key != NEW and not KEY_PATTERN.match(key):
            raise ValueError(f"{key!r} is no persona's key")
        return self.folder / f"{key}.json"
