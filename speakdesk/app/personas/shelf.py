"""The persona library as the faces use it: off the loop, watched, with drafts and versions.

The one way to change a persona. What the editor needs:

    shelf = desk.personas                       # all(), broken(), get(key), is_own(persona)
    persona = shelf.blank(name)                 # or shelf.get(key); edit a copy of it
    shelf.issues(persona)                       # problems beside the fields, also unsaved
    await shelf.keep_draft(persona, base)       # while typing; survives a crash
    saved = await shelf.save(persona, base)     # PersonaConflict carries both versions
    await shelf.versions(key); await shelf.compare(key, id); await shelf.old(key, id)

Sharing is `app/personas/sharing.py`, voices and pictures are `app/personas/studio.py`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from loguru import logger

from speakdesk.app.personas.words import vocabulary
from speakdesk.app.problems import broken_persona
from speakdesk.app.tasks import spawn
from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.events import Event, Notice, PersonaChanged
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_issues import PersonaConflict, PersonaIssue
from speakdesk.store.personas.check import check_broken, check_persona
from speakdesk.store.personas.drafts import NEW, Draft, PersonaDrafts
from speakdesk.store.personas.join import with_source
from speakdesk.store.personas.library import BrokenPersona, PersonaLibrary
from speakdesk.store.personas.migrate import Migration, migrate_source
from speakdesk.store.personas.places import (
    blank_persona,
    check_new_key,
    delete,
    duplicate,
    key_from_name,
    rename,
)
from speakdesk.store.personas.text_json import PersonaTexts
from speakdesk.store.personas.trash import PersonaTrash, TrashedPersona
from speakdesk.store.personas.versions import PersonaVersion, PersonaVersions, compare

__all__ = [
    "NEW",
    "BrokenPersona",
    "Draft",
    "Migration",
    "PersonaConflict",
    "PersonaShelf",
    "PersonaVersion",
    "TrashedPersona",
]

T = TypeVar("T")

LOOK_EVERY_S = 2.0
# A look takes at most this share of one core, however many personas there are.
_BUSY_SHARE = 0.025
_TELL_EACH = 20


class PersonaShelf:
    """All personas, and what may be done with them.

    `state` keeps drafts, versions and deleted personas; `publish` gets events on the loop's thread;
    `model_of` tells which model a persona would think with. Methods that are no coroutines look at
    what was read last; `issues` alone touches the disk, and looks for one file.
    """

    def __init__(
        self,
        bundled: Path | None,
        user: Path,
        state: Path,
        publish: Callable[[Event], None] = lambda _event: None,
        *,
        look_every_s: float = LOOK_EVERY_S,
        model_of: Callable[[Persona], str] = lambda _persona: "",
    ) -> None:
        self.user = user
        self.library = PersonaLibrary(bundled, user)
        self.trash = PersonaTrash(state / "deleted")
        self.drafts = PersonaDrafts(state / "drafts")
        self._versions = PersonaVersions(state / "versions")
        self._bundled = bundled
        self._publish = publish
        self._look_every_s = look_every_s
        self.words = partial(vocabulary, model_of)
        self._changing = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None
        self._told: set[BrokenPersona] = set()

    # -- opening and closing --------------------------------------------------------------------

    async def open(self, extra: Sequence[Path] = ()) -> None:
        """Read every folder; called again, with other further folders. Tells nobody yet."""
        library = PersonaLibrary(self._bundled, self.user, extra)
        await asyncio.to_thread(library.load)
        self.library = library
        self._told = set()

    def tell(self) -> None:
        """Publish that the whole library may differ, and what could not be read."""
        self._tell(())

    def watch(self) -> None:
        """Notice from now on what others change on disk. Ends with `close`."""
        if self._watch is None:
            self._watch = spawn(self._look_again(), "persona watch")

    async def close(self) -> None:
        """Stop watching. Safe to call twice."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
            await asyncio.wait([watch])

    async def reload(self) -> tuple[str, ...]:
        """Look now; returns and tells the keys that changed."""
        library = self.library
        keys = await asyncio.to_thread(library.reload_changed)
        if keys and library is self.library:
            self._tell(keys)
        return keys

    # -- what there is --------------------------------------------------------------------------

    def all(self) -> tuple[Persona, ...]:
        """Every persona, by name."""
        return self.library.all()

    def broken(self) -> tuple[BrokenPersona, ...]:
        """The folders that could not be read, with what is wrong and where."""
        return self.library.broken()

    def get(self, key: str) -> Persona:
        """One persona. Raises PersonaError that names the nearest ones."""
        return self.library.get(key)

    def is_own(self, persona: Persona) -> bool:
        """True where it is changed in place; any other becomes a copy when it is saved."""
        return self.library.is_own(persona)

    def at_random(self, chance: random.Random | None = None) -> Persona:
        """Any persona. Raises PersonaError where there is none."""
        personas = self.all() or (self.get(""),)
        return (chance or random.SystemRandom()).choice(personas)

    def free_key(self, name: str) -> str:
        """A key for a name that no persona has."""
        return key_from_name(name, {p.key for p in self.all()})

    def blank(self, name: str = "", language: str = "en") -> Persona:
        """An unsaved persona to begin with."""
        return blank_persona(self.free_key(name), name, language)

    def issues(self, persona: Persona) -> tuple[PersonaIssue, ...]:
        """What is wrong with a persona, saved or not."""
        return check_persona(persona, self.words())

    # -- changing -------------------------------------------------------------------------------

    async def save(
        self, persona: Persona, based_on: Persona | None = None, *, why: str = ""
    ) -> Persona:
        """Write a persona and forget its draft; `based_on` is what the edit began with.

        Without it whatever is on disk is replaced. Raises PersonaConflict with both versions, and
        PersonaError for what cannot be written; nothing is written then.
        """

        def work() -> Persona:
            before = self.library.read_again(persona.key)
            saved = self.library.save(persona, based_on)
            if before is not None:
                self._versions.keep(saved.key, PersonaTexts.of(before), "found on disk")
            self._versions.keep(saved.key, PersonaTexts.of(saved), why)
            self.drafts.discard(saved.key)
            return saved

        return await self.change(work, persona.key)

    def with_source(self, persona: Persona, source: str) -> Persona:
        """The persona as another text of its README.md tells it, not saved."""
        return with_source(persona, source)

    async def create(self, persona: Persona) -> Persona:
        """Save a persona under a key that nobody has. Raises PersonaError."""

        def work() -> Persona:
            check_new_key(self.library, persona.key)
            saved = self.library.save(replace(persona, folder=None))
            self._versions.keep(saved.key, PersonaTexts.of(saved), "new")
            self.drafts.discard(NEW)
            return saved

        return await self.change(work)

    async def new(self, name: str, key: str = "", language: str = "en") -> Persona:
        """A new persona of the person's own, with empty sections. Raises PersonaError."""
        wanted = key or self.free_key(name)
        return await self.create(blank_persona(wanted, name or wanted, language))

    async def duplicate(self, key: str, new_key: str = "", name: str = "") -> Persona:
        """A copy of the whole folder in the person's own library. Raises PersonaError."""
        source = self.get(key)
        wanted_name = name or f"{source.name} (copy)"
        wanted = new_key or key_from_name(f"{source.key} copy", {p.key for p in self.all()})
        return await self.change(partial(duplicate, self.library, source, wanted, wanted_name))

    async def delete(self, key: str) -> TrashedPersona:
        """Move one of the person's own into the trash. Raises PersonaError."""
        persona = self.get(key)
        entry = await self.change(partial(delete, self.library, persona, self.trash), persona.key)
        await asyncio.to_thread(self.drafts.discard, persona.key)
        return entry

    async def deleted(self) -> tuple[TrashedPersona, ...]:
        """What `restore` can bring back, the newest first."""
        return await asyncio.to_thread(self.trash.all)

    async def restore(self, entry_id: str) -> TrashedPersona:
        """Bring a deleted persona back; returns it with the key it now has. PersonaError."""
        return await self.change(partial(self.trash.restore, entry_id))

    async def rename(self, key: str, new_key: str) -> Persona:
        """Give one of the person's own another key. Raises PersonaError."""
        persona = self.get(key)

        def work() -> Persona:
            renamed = rename(self.library, persona, new_key)
            self.drafts.rename(persona.key, new_key)
            self._versions.rename(persona.key, new_key)
            return renamed

        return await self.change(work, persona.key)

    async def migrate(
        self, keys: Sequence[str] = (), *, is_rehearsal: bool = False
    ) -> Mapping[str, tuple[Migration, ...]]:
        """Bring the person's own files to the present format; what was changed, by key.

        The versions keep what was before. Bundled and further folders are not touched.
        """
        chosen = [self.get(key) for key in keys] or [p for p in self.all() if self.is_own(p)]

        def work() -> dict[str, tuple[Migration, ...]]:
            done: dict[str, tuple[Migration, ...]] = {}
            for persona in chosen:
                if not self.library.is_own(persona):
                    continue
                source, changes = migrate_source(persona.source)
                if changes and not is_rehearsal:
                    self._versions.keep(persona.key, PersonaTexts.of(persona))
                    saved = self.library.save(with_source(persona, source), persona)
                    self._versions.keep(persona.key, PersonaTexts.of(saved), "migrated")
                done[persona.key] = changes
            return done

        return await self.change(work, *(p.key for p in chosen))

    # -- checking -------------------------------------------------------------------------------

    async def check(self, keys: Sequence[str] = ()) -> Mapping[str, tuple[PersonaIssue, ...]]:
        """The issues of these personas or of all, broken ones included, by key."""
        broken = {b.key: check_broken(b) for b in self.broken()}
        wanted = [self.get(key) for key in keys if key not in broken]
        if not keys:
            wanted = list(self.all())
        found = {key: (broken[key],) for key in keys or broken if key in broken}
        checked = await asyncio.to_thread(lambda: {p.key: self.issues(p) for p in wanted})
        for key, issues in checked.items():
            found[key] = (*issues, *found.get(key, ()))
        return dict(sorted(found.items()))

    # -- drafts and versions --------------------------------------------------------------------

    async def keep_draft(self, persona: Persona, based_on: Persona | None = None) -> Draft:
        """Keep unsaved text aside. Raises PersonaError."""

        def work() -> Draft:
            base = PersonaTexts.of(based_on).fingerprint if based_on is not None else ""
            key = based_on.key if based_on is not None else NEW
            return self.drafts.keep(key, PersonaTexts.of(persona), base)

        return await asyncio.to_thread(work)

    async def draft(self, key: str = NEW) -> Draft | None:
        """The unsaved text of a persona, None where there is none."""
        return await asyncio.to_thread(self.drafts.get, key)

    async def unsaved(self) -> frozenset[str]:
        """The keys of the personas that have unsaved text; `NEW` for one without a key."""
        return frozenset(d.key for d in await asyncio.to_thread(self.drafts.all))

    def from_draft(self, draft: Draft) -> Persona:
        """The persona as its draft tells it, not saved."""
        if draft.key == NEW:
            empty = replace(self.blank(), name="", source="")
            drafted = with_source(empty, draft.texts.source)
            drafted = replace(drafted, key=self.free_key(drafted.name))
        else:
            drafted = with_source(self.get(draft.key), draft.texts.source)
        return replace(drafted, knowledge=draft.texts.knowledge)

    def is_stale(self, draft: Draft) -> bool:
        """True where the saved persona is no longer the one the draft began with."""
        if draft.key == NEW:
            return False
        saved = next((p for p in self.all() if p.key == draft.key), None)
        return saved is None or PersonaTexts.of(saved).fingerprint != draft.base

    async def discard_draft(self, key: str = NEW) -> None:
        """Forget unsaved text."""
        await asyncio.to_thread(self.drafts.discard, key)

    async def versions(self, key: str) -> tuple[PersonaVersion, ...]:
        """The last saves of a persona, the newest first."""
        return await asyncio.to_thread(self._versions.all, key)

    async def old(self, key: str, version_id: str) -> Persona:
        """The persona as it was, not saved: `save` brings it back. Raises PersonaError."""
        texts = await asyncio.to_thread(self._versions.texts, key, version_id)
        return replace(with_source(self.get(key), texts.source), knowledge=texts.knowledge)

    async def compare(self, key: str, version_id: str) -> str:
        """A unified diff from an old version to the present one; empty where they are equal."""
        now = PersonaTexts.of(self.get(key))

        def work() -> str:
            return compare(self._versions.texts(key, version_id), now, "then", "now")

        return await asyncio.to_thread(work)

    # -- inside ---------------------------------------------------------------------------------

    async def change(self, work: Callable[[], T], *keys: str) -> T:
        """Do one change to the library's files in a thread, alone, and tell what it changed.

        `keys` are told in any case. Raises PersonaError.
        """
        async with self._changing:
            try:
                result = await asyncio.to_thread(work)
                changed = await asyncio.to_thread(self.library.reload_changed)
            except OSError as e:
                raise PersonaError(
                    Problem(
                        Stage.PERSONA,
                        Reason.UNAVAILABLE,
                        "The persona's files could not be changed.",
                        "Check the free space and the permissions of the folder.",
                        e.strerror or str(e),
                    )
                ) from e
        told = {*keys, *changed}
        if isinstance(result, Persona):
            told.add(result.key)
        if told:
            self._tell(tuple(sorted(told)))
        return result

    async def _look_again(self) -> None:
        while True:
            started = time.monotonic()
            try:
                await self.reload()
            except PersonaError as e:
                logger.warning("the personas cannot be looked at: {}", e.problem.sentence)
            took_s = time.monotonic() - started
            await asyncio.sleep(max(self._look_every_s, took_s / _BUSY_SHARE))

    def _tell(self, keys: Sequence[str]) -> None:
        if not keys or len(keys) > _TELL_EACH:
            self._publish(PersonaChanged())
        else:
            for key in keys:
                self._publish(PersonaChanged(persona=key))
        broken = set(self.broken())
        for one in sorted(broken - self._told, key=lambda b: str(b.folder)):
            problem = broken_persona(one)
            self._publish(
                Notice(level="attention", sentence=problem.sentence, next_step=problem.next_step)
            )
        self._told = broken
