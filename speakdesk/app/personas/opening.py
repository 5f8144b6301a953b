"""The persona library alone, without a Desk: for the terminal, and for libraries elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from speakdesk.app.personas.sharing import PersonaSharing
from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.app.personas.voice_check import prepare, voice_issues
from speakdesk.app.personas.words import vocabulary
from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona_issues import PersonaIssue
from speakdesk.logs import configure_logs
from speakdesk.store.paths import Paths, shipped
from speakdesk.store.secrets import KeyRing
from speakdesk.store.settings import SettingsFile


@dataclass(frozen=True, slots=True)
class OpenLibrary:
    """One library with what can be done to it."""

    shelf: PersonaShelf
    sharing: PersonaSharing
    paths: Paths
    settings: SettingsFile

    async def studio(self) -> PersonaStudio:
        """Voices, pictures and drafts for this library; asks for the keys first."""
        keys = KeyRing(self.paths.config)
        await keys.load()
        studio = PersonaStudio(
            self.paths.cache,
            lambda: keys.keys,
            lambda: self.settings.current.speech.wish(),
            self.shelf,
        )
        await studio.load()
        return studio

    async def check(self, keys: Sequence[str] = ()) -> Mapping[str, tuple[PersonaIssue, ...]]:
        """The issues of these personas or of all, by key: the files', and their voices'."""
        studio = await self.studio()
        self.shelf.words = partial(vocabulary, lambda persona: studio.plan(persona).llm.model)
        found = dict(await self.shelf.check(keys))
        personas = [persona for persona in self.shelf.all() if persona.key in found]
        await prepare(studio, personas)
        for persona in personas:
            found[persona.key] += voice_issues(studio, persona)
        return found


@asynccontextmanager
async def open_library(
    folder: Path | None = None, *, create: bool = False
) -> AsyncIterator[OpenLibrary]:
    """The person's own library with the bundled personas, or the one in `folder` alone.

    `create` lets a folder that is not there begin a library. Raises PersonaError.
    """
    paths = Paths.find()
    await asyncio.to_thread(paths.create)
    settings = SettingsFile(paths.settings_file)
    current = await asyncio.to_thread(settings.load)
    configure_logs(current.log_level, stderr_level="ERROR", file=paths.log_file)
    if folder is None:
        shelf = PersonaShelf(shipped("personas"), paths.personas, paths.persona_state)
        await shelf.open(_expanded(current.persona_folders))
    else:
        library, is_there = await asyncio.to_thread(_resolved, folder)
        if not create and not is_there:
            raise PersonaError(
                Problem(
                    Stage.PERSONA,
                    Reason.NOT_FOUND,
                    f"There is no folder {folder}.",
                    "Name a folder that holds persona folders.",
                )
            )
        mark = hashlib.sha256(str(library).encode("utf-8", "surrogatepass")).hexdigest()[:12]
        shelf = PersonaShelf(None, library, paths.persona_state / "libraries" / mark)
        await shelf.open()
    try:
        yield OpenLibrary(shelf, PersonaSharing(shelf), paths, settings)
    finally:
        await shelf.close()


def _expanded(folders: Sequence[str]) -> list[Path]:
    return [Path(folder).expanduser() for folder in folders]


def _resolved(folder: Path) -> tuple[Path, bool]:
    path = folder.expanduser().resolve()
    return path, path.is_dir()
