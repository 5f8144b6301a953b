"""Personas given away and taken in: folders, zips and Character Cards.

An import is looked at before it is done: `plan_import` says file by file what will be new, changed
or left out, and writes nothing; `carry_out` then does exactly that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from loguru import logger

from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.domain.errors import PersonaError, Problem
from speakdesk.domain.persona import Persona
from speakdesk.domain.picture import PNG, kind_of
from speakdesk.store.cards.card import V2, V3
from speakdesk.store.cards.found import FoundPersona
from speakdesk.store.cards.plan import (
    FileAction,
    ImportPlan,
    PersonaAction,
    PlannedFile,
    PlannedPersona,
    carry_out,
    plan_import,
)
from speakdesk.store.cards.reading import read_any, read_bytes
from speakdesk.store.cards.writing import Exported, Form, export, write_export

__all__ = [
    "Exported",
    "FileAction",
    "Form",
    "ImportPlan",
    "PersonaAction",
    "PersonaSharing",
    "PlannedFile",
    "PlannedPersona",
]


class PersonaSharing:
    """Sharing for one library."""

    def __init__(self, shelf: PersonaShelf) -> None:
        self._shelf = shelf

    async def plan_import(self, path: Path, keys: Mapping[str, str] | None = None) -> ImportPlan:
        """What taking in this file or folder would do; writes nothing. Raises PersonaError.

        `keys` gives some of the personas in it another key.
        """

        def work() -> ImportPlan:
            unread: list[Problem] = []
            return self._plan(read_any(path, unread), path.name, keys, unread)

        return await asyncio.to_thread(work)

    async def plan_bytes(
        self, content: bytes, name: str, keys: Mapping[str, str] | None = None
    ) -> ImportPlan:
        """The same for a file that is in memory; `name` is the file's."""

        def work() -> ImportPlan:
            unread: list[Problem] = []
            return self._plan(read_bytes(content, name, unread), name, keys, unread)

        return await asyncio.to_thread(work)

    def _plan(
        self,
        found: Sequence[FoundPersona],
        name: str,
        keys: Mapping[str, str] | None,
        unread: Sequence[Problem],
    ) -> ImportPlan:
        sound = _with_sound_pictures(found)
        plan = plan_import(self._shelf.library, name, sound, self._shelf.words(), keys)
        return replace(plan, unread=tuple(unread))

    async def carry_out(self, plan: ImportPlan) -> tuple[str, ...]:
        """Write what was planned; the keys that are new or changed. Raises PersonaError.

        What is overwritten goes into the trash as a copy, to be brought back.
        """
        shelf = self._shelf
        keys = [one.key for one in plan.personas]
        return await shelf.change(lambda: carry_out(shelf.library, plan, shelf.trash), *keys)

    async def export(self, key: str, form: Form, *, is_v2: bool = False) -> Exported:
        """A persona in another form, in memory. Raises PersonaError."""
        persona = self._shelf.get(key)
        return await asyncio.to_thread(_export, persona, form, V2 if is_v2 else V3)

    async def export_to(
        self, key: str, form: Form, to: Path, *, is_v2: bool = False
    ) -> tuple[Path, Exported]:
        """Write a persona to `to`, or into it where that is a folder. Raises PersonaError."""
        exported = await self.export(key, form, is_v2=is_v2)
        path = await asyncio.to_thread(write_export, exported, to, form is Form.FOLDER)
        return path, exported


def _with_sound_pictures(found: Sequence[FoundPersona]) -> list[FoundPersona]:
    """The same without the pictures that cannot be decoded, however well their name sounds."""
    from speakdesk.providers.pictures.frames import check_picture

    sound: list[FoundPersona] = []
    for one in found:
        left_out = dict(one.left_out)
        for name, content in one.files.items():
            if kind_of(content):
                try:
                    check_picture(content)
                except PersonaError as e:
                    left_out[name] = e.problem.sentence
        kept = {n: c for n, c in one.files.items() if n not in left_out}
        sound.append(replace(one, files=kept, left_out=left_out))
    return sound


def _export(persona: Persona, form: Form, spec: str) -> Exported:
    portrait = _portrait(persona) if form is Form.PNG else b""
    return export(persona, form, spec, portrait)


def _portrait(persona: Persona) -> bytes:
    """The persona's picture as PNG where it is another kind; empty where it cannot be."""
    if persona.picture is None:
        return b""
    try:
        content = persona.picture.read_bytes()
    except OSError as e:
        logger.info("a persona's picture cannot be read: {}", e.strerror)
        return b""
    if kind_of(content) == PNG:
        return b""
    from speakdesk.providers.pictures.frames import as_png

    try:
        return as_png(content).data
    except PersonaError as e:
        logger.info("a persona's picture cannot be used: {}", e.problem.sentence)
        return b""
