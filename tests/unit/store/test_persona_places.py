"""Personas made, copied, renamed, deleted and brought back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from speakdesk.domain.errors import PersonaError
from speakdesk.store.personas.library import PersonaLibrary
from speakdesk.store.personas.places import (
    blank_persona,
    check_new_key,
    delete,
    duplicate,
    key_from_name,
    rename,
)
from speakdesk.store.personas.trash import PersonaTrash


@pytest.fixture
def library(tmp_path: Path) -> PersonaLibrary:
    for root, key in (("bundled", "ada"), ("extra", "bea"), ("user", "cy")):
        folder = tmp_path / root / key
        folder.mkdir(parents=True)
        (folder / "README.md").write_text(f"# {key.title()}\n\nHelp.\n")
        (folder / "avatar.png").write_bytes(b"\x89PNG")
        (folder / "notes.txt").write_text("beside")
    made = PersonaLibrary(tmp_path / "bundled", tmp_path / "user", [tmp_path / "extra"])
    made.load()
    return made


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Sales Coach", "sales_coach"),
        ("Müller & Söhne", "mueller_soehne"),
        ("Élodie", "elodie"),
        ("  --  ", "persona"),
        ("你好", "persona"),
        ("3 Amigos", "persona_3_amigos"),
        ("x" * 99, "x" * 56),
    ],
)
def test_a_name_makes_a_key(name: str, key: str) -> None:
    assert key_from_name(name) == key
    assert key_from_name(name, {key, f"{key}_2"}) == f"{key}_3"


def test_a_new_persona_has_what_may_be_filled(library: PersonaLibrary) -> None:
    saved = library.save(blank_persona("dan", " Dan  Brown ", "fr"))
    assert (saved.name, saved.language, saved.prompt) == ("Dan Brown", "fr", "")
    assert "## Characteristics" in saved.source
    assert "cartesia_voice_id" in saved.metadata


@pytest.mark.parametrize("key", ["", "Ada", "a b", "1a", "a-b", "../a", "a" * 65, "ä"])
def test_a_key_that_is_none_is_refused(key: str, library: PersonaLibrary) -> None:
    with pytest.raises(PersonaError, match="cannot be a persona's key"):
        check_new_key(library, key)


def test_a_taken_key_is_refused_with_a_free_one(library: PersonaLibrary) -> None:
    with pytest.raises(PersonaError, match="cy_2"):
        check_new_key(library, "cy")
    with pytest.raises(PersonaError, match="already"):
        check_new_key(library, "ada")


@pytest.mark.parametrize("key", ["ada", "bea", "cy"])
def test_a_copy_has_everything_and_is_ones_own(key: str, library: PersonaLibrary) -> None:
    copy = duplicate(library, library.get(key), "copy", "The Copy")
    assert library.is_own(copy)
    assert copy.name == "The Copy"
    assert sorted(os.listdir(library.user / "copy")) == ["README.md", "avatar.png", "notes.txt"]
    assert library.get(key).name == key.title()
    assert sorted(os.listdir(library.user)) == ["copy", "cy"]


def test_only_ones_own_is_deleted_or_renamed(library: PersonaLibrary, tmp_path: Path) -> None:
    trash = PersonaTrash(tmp_path / "trash")
    for key, words in (("ada", "comes with SpeakDesk"), ("bea", "only reads")):
        with pytest.raises(PersonaError, match=words):
            delete(library, library.get(key), trash)
        with pytest.raises(PersonaError, match=words):
            rename(library, library.get(key), "other")
    renamed = rename(library, library.get("cy"), "cyrus")
    assert (renamed.key, renamed.name) == ("cyrus", "Cy")
    assert not (library.user / "cy").exists()
    with pytest.raises(PersonaError, match="already"):
        rename(library, renamed, "ada")


def test_what_is_deleted_can_be_brought_back(library: PersonaLibrary, tmp_path: Path) -> None:
    trash = PersonaTrash(tmp_path / "trash")
    assert trash.all() == ()
    entry = delete(library, library.get("cy"), trash)
    with pytest.raises(PersonaError, match="no persona cy"):
        library.get("cy")
    (tmp_path / "trash" / "strange").mkdir()
    assert [(e.id, e.key, e.name) for e in trash.all()] == [(entry.id, "cy", "Cy")]
    assert trash.restore(entry.id).origin == library.user / "cy"
    library.reload_changed()
    assert library.get("cy").picture is not None
    assert trash.all() == ()
    with pytest.raises(PersonaError, match="Nothing called"):
        trash.restore(entry.id)


def test_what_comes_back_overwrites_nothing(library: PersonaLibrary, tmp_path: Path) -> None:
    trash = PersonaTrash(tmp_path / "trash")
    first = delete(library, library.get("cy"), trash)
    library.save(blank_persona("cy", "Another Cy"))
    second = delete(library, library.get("cy"), trash)
    assert first.id != second.id
    library.save(blank_persona("cy", "Third Cy"))
    assert trash.restore(first.id).key == "cy_2"
    assert trash.restore(second.id).key == "cy_3"
    library.reload_changed()
    assert [library.get(k).name for k in ("cy", "cy_2", "cy_3")] == ["Third Cy", "Cy", "Another Cy"]
