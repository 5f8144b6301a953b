"""What an import will do, file by file, before anything is written; then doing exactly that."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.domain.persona_issues import PersonaIssue
from speakdesk.store.cards.found import FoundPersona
from speakdesk.store.files import write_atomically
from speakdesk.store.personas.check import SNAKE_CASE, Vocabulary, check_persona
from speakdesk.store.personas.file import name_from_key, parse_source
from speakdesk.store.personas.folder import (
    README,
    decode_knowledge,
    decode_readme,
    in_order,
)
from speakdesk.store.personas.library import PersonaLibrary, copy_folder
from speakdesk.store.personas.trash import PersonaTrash


class FileAction(StrEnum):
    """What happens to one file."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    STAYS = "stays"
    LEFT_OUT = "left out"


class PersonaAction(StrEnum):
    """What happens to one persona; `CHANGED` overwrites files of one of the person's own."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file: `note` says why it is left out."""

    name: str
    action: FileAction
    size_bytes: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlannedPersona:
    """One persona of an import. `notes` are sentences, `issues` what is wrong in its files."""

    key: str
    name: str
    action: PersonaAction
    files: tuple[PlannedFile, ...]
    notes: tuple[str, ...] = ()
    issues: tuple[PersonaIssue, ...] = ()
    persona: Persona | None = field(default=None, repr=False)
    content: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def overwrites(self) -> tuple[str, ...]:
        """The files of the person's own that would be replaced."""
        return tuple(f.name for f in self.files if f.action is FileAction.CHANGED)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Everything an import would do; nothing is written yet.

    `unread` is what is wrong with the personas beside them that cannot be taken in.
    """

    source: str
    personas: tuple[PlannedPersona, ...]
    unread: tuple[Problem, ...] = ()

    @property
    def overwrites(self) -> tuple[PlannedPersona, ...]:
        """The personas of the person's own that would be changed."""
        return tuple(p for p in self.personas if p.action is PersonaAction.CHANGED)

    def without(self, *keys: str) -> ImportPlan:
        """The plan with some personas left out."""
        return replace(self, personas=tuple(p for p in self.personas if p.key not in keys))


def plan_import(
    library: PersonaLibrary,
    source: str,
    found: Sequence[FoundPersona],
    words: Vocabulary,
    keys: Mapping[str, str] | None = None,
) -> ImportPlan:
    """What taking these personas in would do; `keys` gives some of them another key.

    Blocking. Raises PersonaError for a key that cannot be one, or that two would have.
    """
    planned: dict[str, PlannedPersona] = {}
    for one in found:
        key = (keys or {}).get(one.key, one.key)
        if not SNAKE_CASE.match(key):
            raise _trouble(Reason.BAD_INPUT, f"“{key}” cannot be a persona's key.")
        if key in planned:
            raise _trouble(Reason.CONFLICT, f"Two of the personas would have the key {key}.")
        planned[key] = _plan_one(library, key, one, words)
    return ImportPlan(source, tuple(planned.values()))


def _plan_one(
    library: PersonaLibrary, key: str, found: FoundPersona, words: Vocabulary
) -> PlannedPersona:
    folder = _folder_of(library, key)
    present = _names_in(folder)
    by_lower = {name.lower(): name for name in present}
    files: list[PlannedFile] = []
    content: dict[str, bytes] = {}
    for name, data in found.files.items():
        # README.MD and README.md are one file, also where the disk tells them apart.
        there = by_lower.get(name.lower())
        content[there or name] = data
        action = FileAction.NEW
        if there is not None:
            is_same = (folder / there).read_bytes() == data
            action = FileAction.SAME if is_same else FileAction.CHANGED
        files.append(PlannedFile(there or name, action, len(data)))
    files += [PlannedFile(n, FileAction.STAYS) for n in present if n not in content]
    files += [PlannedFile(n, FileAction.LEFT_OUT, note=why) for n, why in found.left_out.items()]
    actions = {f.action for f in files}
    if not present:
        action_of_all = PersonaAction.NEW
    elif actions & {FileAction.NEW, FileAction.CHANGED}:
        action_of_all = PersonaAction.CHANGED
    else:
        action_of_all = PersonaAction.SAME
    notes = list(found.notes)
    other = next((p for p in library.all() if p.key == key), None)
    if other is not None and not library.is_own(other):
        whose = "comes with SpeakDesk" if other.is_bundled else f"lies in {other.folder}"
        notes.append(f"It will stand in front of {other.name}, which {whose}.")
    persona = _persona_of(key, found)
    issues = check_persona(replace(persona, folder=None), words)
    return PlannedPersona(
        key,
        found.name,
        action_of_all,
        tuple(files),
        tuple(notes),
        tuple(i for i in issues if i.field != "image"),
        persona,
        content,
    )


def carry_out(library: PersonaLibrary, plan: ImportPlan, trash: PersonaTrash) -> tuple[str, ...]:
    """Write what was planned; the keys that are new or changed. Blocking.

    A persona that is overwritten goes into the trash first, as a copy. Raises PersonaError where
    the library changed since the plan was made, and for what cannot be written; what was written
    until then stays.
    """
    for one in plan.personas:
        folder = _folder_of(library, one.key)
        if _actions_now(folder, one) != {f.name: f.action for f in one.files if f.size_bytes}:
            raise _trouble(
                Reason.CONFLICT,
                f"{one.key} changed since the import was looked at.",
                "Look at it again; nothing was written.",
            )
    done: list[str] = []
    for one in plan.personas:
        if one.action is PersonaAction.SAME:
            continue
        folder = _folder_of(library, one.key)
        try:
            if one.action is PersonaAction.NEW:
                _write_new(folder, one.content)
            else:
                _keep_copy(folder, one, trash)
                changed = {f.name for f in one.files if f.action is not FileAction.SAME}
                for name, data in sorted(one.content.items(), key=lambda i: i[0] == README):
                    if name in changed:
                        write_atomically(folder / name, data)
        except OSError as e:
            raise PersonaError(
                Problem(
                    Stage.PERSONA,
                    Reason.UNAVAILABLE,
                    f"{one.name} could not be written into {library.user}.",
                    "Check the free space and the permissions of that folder.",
                    e.strerror or str(e),
                )
            ) from e
        done.append(one.key)
    library.reload_changed()
    return tuple(done)


def _write_new(folder: Path, content: Mapping[str, bytes]) -> None:
    beside = folder.with_name(f".{folder.name}.importing")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for name, data in content.items():
        (beside / name).write_bytes(data)
    beside.replace(folder)


def _keep_copy(folder: Path, one: PlannedPersona, trash: PersonaTrash) -> None:
    if not one.overwrites:
        return
    copy = folder.with_name(f".{folder.name}.before")
    copy_folder(folder, copy)
    trash.put(copy, one.key, one.name, origin=folder)


def _actions_now(folder: Path, one: PlannedPersona) -> dict[str, FileAction]:
    there = _names_in(folder)
    now: dict[str, FileAction] = {}
    for name, data in one.content.items():
        if not data:
            continue
        if name not in there:
            now[name] = FileAction.NEW
        elif (folder / name).read_bytes() == data:
            now[name] = FileAction.SAME
        else:
            now[name] = FileAction.CHANGED
    return now


def _folder_of(library: PersonaLibrary, key: str) -> Path:
    own = next((p for p in library.all() if p.key == key and library.is_own(p)), None)
    return own.folder if own is not None and own.folder is not None else library.user / key


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(p.name for p in folder.iterdir() if p.is_file() and p.name[0] != ".")
    except FileNotFoundError:
        return []


def _persona_of(key: str, found: FoundPersona) -> Persona:
    source = decode_readme(found.files[README])
    text = parse_source(source)
    persona = Persona(
        key=key,
        name=text.name or name_from_key(key),
        prompt=text.prompt,
        characteristics=text.characteristics,
        voice_tone=text.voice_tone,
        metadata=text.metadata,
        source=source,
    )
    knowledge = [
        Knowledge(name, told)
        for name, content in found.files.items()
        if name.lower().endswith(".md")
        and name != README
        and (told := decode_knowledge(content)) is not None
    ]
    return replace(persona, knowledge=in_order(knowledge, persona.knowledge_order))


def _trouble(reason: Reason, sentence: str, next_step: str = "") -> PersonaError:
    return PersonaError(
        Problem(Stage.PERSONA, reason, sentence, next_step or "Give it another key.")
    )
