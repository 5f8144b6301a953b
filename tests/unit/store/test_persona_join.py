"""Two edits of one persona: what both changed is a conflict, and nothing is overwritten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from speakdesk.domain.persona import Knowledge, Persona, with_knowledge
from speakdesk.domain.persona_issues import PersonaConflict
from speakdesk.store.personas.library import PersonaLibrary


@pytest.fixture
def library(tmp_path: Path) -> PersonaLibrary:
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "README.md").write_text("# Ada\n\nOld.\n")
    (folder / "Rules.md").write_text("rules\n")
    (folder / "Facts.md").write_text("facts\n")
    made = PersonaLibrary(None, tmp_path)
    made.load()
    return made


def texts(persona: Persona) -> dict[str, str]:
    return {k.name: k.text for k in persona.knowledge}


def test_the_same_file_changed_twice_is_a_conflict_with_both_versions(
    library: PersonaLibrary,
) -> None:
    base = library.get("ada")
    readme = library.user / "ada" / "README.md"
    readme.write_text("# Ada\n\nTheirs.\n")
    with pytest.raises(PersonaConflict, match=r"README\.md of ada changed") as raised:
        library.save(replace(base, prompt="Mine."), base)
    conflict = raised.value
    assert conflict.files == ("README.md",)
    assert conflict.mine.prompt == "Mine."
    assert conflict.theirs is not None
    assert conflict.theirs.prompt == "Theirs."
    assert readme.read_text() == "# Ada\n\nTheirs.\n"
    assert library.save(replace(conflict.theirs, prompt="Both."), conflict.theirs).prompt == "Both."


def test_a_conflict_is_seen_also_after_the_library_looked_again(library: PersonaLibrary) -> None:
    base = library.get("ada")
    (library.user / "ada" / "Rules.md").write_text("their rules\n")
    library.reload_changed()
    mine = (Knowledge("Rules.md", "my rules\n"), Knowledge("Facts.md", "facts\n"))
    with pytest.raises(PersonaConflict) as raised:
        library.save(replace(base, knowledge=mine), base)
    assert raised.value.files == ("Rules.md",)
    assert (library.user / "ada" / "Rules.md").read_text() == "their rules\n"


def test_changes_to_different_files_are_put_together(library: PersonaLibrary) -> None:
    base = library.get("ada")
    folder = library.user / "ada"
    (folder / "Rules.md").write_text("their rules\n")
    (folder / "New.md").write_text("from outside\n")
    (folder / "Facts.md").unlink()
    saved = library.save(replace(base, prompt="Mine."), base)
    assert saved.prompt == "Mine."
    assert texts(saved) == {"New.md": "from outside\n", "Rules.md": "their rules\n"}


def test_the_same_change_twice_is_none(library: PersonaLibrary) -> None:
    base = library.get("ada")
    (library.user / "ada" / "README.md").write_text("# Ada\n\nAgreed.\n")
    assert library.save(replace(base, prompt="Agreed."), base).prompt == "Agreed."


def test_a_deleted_file_that_was_edited_here_is_a_conflict(library: PersonaLibrary) -> None:
    base = library.get("ada")
    (library.user / "ada" / "Facts.md").unlink()
    mine = (Knowledge("Rules.md", "rules\n"), Knowledge("Facts.md", "my facts\n"))
    with pytest.raises(PersonaConflict):
        library.save(replace(base, knowledge=mine), base)
    assert not (library.user / "ada" / "Facts.md").exists()


@pytest.mark.parametrize("content", [None, b"\xff broken"])
def test_a_persona_that_is_gone_or_broken_is_a_conflict(
    content: bytes | None, library: PersonaLibrary
) -> None:
    base = library.get("ada")
    folder = library.user / "ada"
    for path in folder.iterdir():
        path.unlink()
    if content is None:
        folder.rmdir()
    else:
        (folder / "README.md").write_bytes(content)
    with pytest.raises(PersonaConflict) as raised:
        library.save(replace(base, prompt="Mine."), base)
    assert raised.value.theirs is None
    if content is None:
        assert library.save(raised.value.mine).prompt == "Mine."


def test_the_order_of_knowledge_is_the_files(library: PersonaLibrary) -> None:
    base = library.get("ada")
    assert [k.name for k in base.knowledge] == ["Facts.md", "Rules.md"]
    saved = library.save(with_knowledge(base, base.knowledge[::-1]), base)
    assert [k.name for k in saved.knowledge] == ["Rules.md", "Facts.md"]
    assert saved.metadata == {"knowledge_order": "Rules.md, Facts.md"}
    back = library.save(with_knowledge(saved, saved.knowledge[::-1]), saved)
    assert [k.name for k in back.knowledge] == ["Facts.md", "Rules.md"]
    assert back.metadata == {}


def test_what_others_changed_during_a_save_is_still_told(library: PersonaLibrary) -> None:
    base = library.get("ada")
    other = library.user / "bea"
    other.mkdir()
    (other / "README.md").write_text("# Bea")
    library.save(replace(base, prompt="Mine."), base)
    assert library.reload_changed() == ("bea",)
    assert library.reload_changed() == ()
