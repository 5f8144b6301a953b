"""Where SpeakDesk keeps its things on this computer, and where what was shipped with it lies."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from loguru import logger

import speakdesk

HOME_VARIABLE = "SPEAKDESK_HOME"


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one installation for one person."""

    config: Path
    data: Path
    cache: Path
    logs: Path

    @classmethod
    def find(cls, environ: Mapping[str, str] | None = None) -> Paths:
        """The system's usual folders, or all of them inside `SPEAKDESK_HOME` where that is set."""
        home = (os.environ if environ is None else environ).get(HOME_VARIABLE, "").strip()
        if home:
            return cls.inside(Path(home).expanduser().absolute())
        dirs = platformdirs.PlatformDirs("SpeakDesk", appauthor=False, roaming=False)
        return cls(
            config=dirs.user_config_path,
            data=dirs.user_data_path,
            cache=dirs.user_cache_path,
            logs=dirs.user_log_path,
        )

    @classmethod
    def inside(cls, home: Path) -> Paths:
        """All folders inside one."""
        return cls(home / "config", home / "data", home / "cache", home / "logs")

    @property
    def settings_file(self) -> Path:
        """The settings."""
        return self.config / "settings.json"

    @property
    def history_file(self) -> Path:
        """The history's database."""
        return self.data / "history.sqlite3"

    @property
    def personas(self) -> Path:
        """The person's own persona library."""
        return self.data / "personas"

    @property
    def persona_state(self) -> Path:
        """Unsaved drafts, old versions and deleted personas."""
        return self.data / "persona-state"

    @property
    def flights(self) -> Path:
        """What the flight recorder made."""
        return self.data / "flights"

    @property
    def log_file(self) -> Path:
        """The log of this application."""
        return self.logs / "speakdesk.log"

    def create(self) -> None:
        """Make the folders that are missing, for their owner alone. Blocking. Raises OSError.

        What was said in meetings lies in them; folders of an earlier version are closed as well.
        """
        for folder in (self.config, self.data, self.cache, self.logs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if os.name == "posix" and folder.stat().st_mode & 0o077:
                try:
                    folder.chmod(0o700)
                except PermissionError:
                    logger.warning("{} can be read by other people on this computer", folder)


def shipped(name: str) -> Path:
    """The folder `personas` or `resources` that came with the program.

    Looked for in a frozen program's own folder, inside the installed package (`_data`), and at the
    root of a source tree. Raises FileNotFoundError where the installation is incomplete.
    """
    package = Path(speakdesk.__file__).resolve().parent
    candidates = [package / "_data" / name, package.parent / name]
    if frozen := getattr(sys, "_MEIPASS", None):
        candidates.insert(0, Path(frozen) / name)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the {name} folder that belongs to SpeakDesk is missing")
