"""Personas made, copied, renamed and deleted: what happens to whole folders.

Every function blocks: run them in a thread, one at a time for a library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import Persona
from speakdesk.store.personas.check import SNAKE_CASE
from speakdesk.store.personas.join import with_source
from speakdesk.store.personas.library import PersonaLibrary, copy_folder
from speakdesk.store.personas.trash import PersonaTrash, TrashedPersona

_TEMPLATE = """# {name}

## Characteristics

## Voice

## Metadata

- role:
- summary:
- image:
- entry_message:
- cartesia_voice_id:
- gender:
- language_code: {language}
- skin_tone:
- relevant_links:
"""
_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae", "ł": "l"}
)


def key_from_name(name: str, taken: Collection[str] = ()) -> str:
    """A free snake_case key for a name: `Sales Coach` is sales_coach, then sales_coach_2."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_SPELLED))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    stem = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:56].strip("_") or "persona"
    if not stem[0].isalpha():
        stem = f"persona_{stem}"[:56].strip("_")
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}_{number}", number + 1
    return key


def blank_persona(key: str, name: str, language: str = "en") -> Persona:
    """An unsaved persona with the sections and keys a person may want to fill."""
    name = " ".join(name.split())
    empty = Persona(key=key, name=name)
    return with_source(empty, _TEMPLATE.format(name=name, language=language))


def check_new_key(library: PersonaLibrary, key: str) -> None:
    """Raises PersonaError where a key is no key, or taken by one of the person's own."""
    if not SNAKE_CASE.match(key):
        raise _trouble(
            Reason.BAD_INPUT,
            f"“{key}” cannot be a persona's key.",
            "Use small letters, digits and _ only, a letter first, 64 at most.",
        )
    taken = {p.key for p in library.all()}
    if key in taken or (library.user / key).exists():
        raise _trouble(
            Reason.CONFLICT,
            f"There is a persona {key} already.",
            f"Choose another key, {key_from_name(key, taken)} for example.",
        )


def duplicate(library: PersonaLibrary, source: Persona, key: str, name: str) -> Persona:
    """A copy of a persona's whole folder under another key and name. Raises PersonaError."""
    check_new_key(library, key)
    folder = library.user / key
    try:
        if source.folder is not None:
            copy_folder(source.folder, folder)
            library.reload_changed()
            copied = library.get(key)
        else:
            copied = replace(source, key=key)
        return library.save(replace(copied, name=name))
    except OSError as e:
        raise _failed(f"{source.name} could not be copied.", e) from e


def delete(library: PersonaLibrary, persona: Persona, trash: PersonaTrash) -> TrashedPersona:
    """Move one of the person's own into the trash. Raises PersonaError."""
    folder = _own_folder(library, persona, "deleted")
    entry = trash.put(folder, persona.key, persona.name)
    library.reload_changed()
    return entry


def rename(library: PersonaLibrary, persona: Persona, key: str) -> Persona:
    """Give one of the person's own another key: its folder's name. Raises PersonaError."""
    folder = _own_folder(library, persona, "renamed")
    check_new_key(library, key)
    try:
        folder.replace(library.user / key)
    except OSError as e:
        raise _failed(f"{persona.name} could not be renamed.", e) from e
    library.reload_changed()
    return library.get(key)


def _own_folder(library: PersonaLibrary, persona: Persona, done: str) -> Path:
    if persona.is_bundled:
        raise _trouble(
            Reason.REFUSED,
            f"{persona.name} comes with SpeakDesk and cannot be {done}.",
            "Duplicate it; the copy is yours.",
        )
    if not library.is_own(persona) or persona.folder is None:
        raise _trouble(
            Reason.REFUSED,
            f"{persona.name} lies in {persona.folder}, which SpeakDesk only reads.",
            "Change it there, or duplicate it; the copy is yours.",
        )
    return persona.folder


def _trouble(reason: Reason, sentence: str, next_step: str) -> PersonaError:
    return PersonaError(Problem(Stage.PERSONA, reason, sentence, next_step))


def _failed(sentence: str, error: OSError) -> PersonaError:
    return PersonaError(
        Problem(
            Stage.PERSONA,
            Reason.UNAVAILABLE,
            sentence,
            "Check the free space and the permissions of the folder.",
            error.strerror or str(error),
        )
    )
