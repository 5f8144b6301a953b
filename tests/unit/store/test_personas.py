"""The persona library: everything readable is there, everything else is told."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from speakdesk.domain.errors import PersonaError
from speakdesk.domain.persona import Knowledge
from speakdesk.store.paths import shipped
from speakdesk.store.personas.library import PersonaLibrary, with_source


def put(root: Path, key: str, **files: str | bytes) -> Path:
    folder = root / key
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / {"readme": "README.md"}.get(name, f"{name}.md")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path, Path]:
    return tmp_path / "bundled", tmp_path / "user", tmp_path / "extra"


def library(roots: tuple[Path, Path, Path]) -> PersonaLibrary:
    bundled, user, extra = roots
    made = PersonaLibrary(bundled, user, [extra])
    made.load()
    return made


def test_an_empty_library_says_where_personas_go(roots: tuple[Path, Path, Path]) -> None:
    made = library(roots)
    assert made.all() == ()
    with pytest.raises(PersonaError, match="empty"):
        made.get("ada")


def test_reads_personas_with_their_knowledge_sorted_by_name(
    roots: tuple[Path, Path, Path],
) -> None:
    put(roots[0], "zoe", readme="# anna\n\nHi.", Rules="# Rules", Content="\ufeff# Content")
    put(roots[0], "abe", readme="# Zeno\n")
    (roots[0] / "zoe" / "avatar.png").write_bytes(b"\x89PNG")
    (roots[0] / "zoe" / ".hidden.md").write_text("no")
    put(roots[0], ".git", readme="# no")
    (roots[0] / "__pycache__").mkdir()
    made = library(roots)
    assert [p.name for p in made.all()] == ["anna", "Zeno"]
    assert made.get("zoe").knowledge == (
        Knowledge("Content.md", "# Content"),
        Knowledge("Rules.md", "# Rules"),
    )
    assert made.broken() == ()
    assert made.get("zoe").is_bundled


def test_the_persons_own_wins_over_extra_over_bundled(roots: tuple[Path, Path, Path]) -> None:
    bundled, user, extra = roots
    for root in roots:
        put(root, "ada", readme=f"# Ada of {root.name}")
    put(bundled, "bea", readme="# Bea of bundled")
    put(extra, "bea", readme="# Bea of extra")
    put(bundled, "cy", readme="# Cy of bundled")
    put(user, "cy", readme=b"\xff\xfe broken")
    made = library(roots)
    assert made.get("ada").name == "Ada of user"
    assert made.get("bea").name == "Bea of extra"
    assert made.get("cy").name == "Cy of bundled"
    assert [b.key for b in made.broken()] == ["cy"]


BROKEN = {
    "not_text": ({"readme": b"# Ada\n\nok\n\xff\xfe\n"}, 4, "UTF-8"),
    "zero_byte": ({"readme": b"# Ada\n\0"}, 2, "zero byte"),
    "empty": ({"readme": b" \n\n"}, 1, "empty"),
    "no_readme": ({"Content": b"# Things"}, 0, "no README.md"),
    "too_large": ({"readme": b"# A\n" + b"x" * 1_000_001}, 0, "larger than"),
}


@pytest.mark.parametrize("key", BROKEN)
def test_a_broken_one_is_told_by_line_and_hides_nothing(
    key: str, roots: tuple[Path, Path, Path]
) -> None:
    files, line, words = BROKEN[key]
    put(roots[0], "good", readme="# Good")
    put(roots[0], key, **files)
    made = library(roots)
    assert [p.key for p in made.all()] == ["good"]
    [broken] = made.broken()
    assert (broken.key, broken.line) == (key, line)
    assert words in broken.sentence
    with pytest.raises(PersonaError, match="cannot be read"):
        made.get(key)


def test_folders_of_any_name_get_a_key(roots: tuple[Path, Path, Path]) -> None:
    put(roots[0], "Ada Smith (v2)", readme="no title, just a prompt")
    put(roots[0], "ada_smith_v2", readme="# Same key")
    put(roots[0], "???" if os.name != "nt" else "---", readme="# No key")
    made = library(roots)
    assert [p.key for p in made.all()] == ["ada_smith_v2"]
    assert len(made.broken()) == 2


def test_names_the_nearest_when_there_is_none(roots: tuple[Path, Path, Path]) -> None:
    put(roots[0], "interviewer", readme="# Ada")
    put(roots[0], "meeting_scribe", readme="# Nia")
    made = library(roots)
    with pytest.raises(PersonaError, match="Did you mean interviewer") as raised:
        made.get("interveiwer")
    assert "meeting_scribe" not in str(raised.value)
    with pytest.raises(PersonaError, match="Did you mean meeting_scribe"):
        made.get("scribe")
    with pytest.raises(PersonaError, match="Some are interviewer, meeting_scribe"):
        made.get("zzzzqqqq")
    assert made.get(" Interviewer ").key == "interviewer"
    assert made.get("nia").key == "meeting_scribe"


def test_saving_a_bundled_one_copies_it_whole_first(roots: tuple[Path, Path, Path]) -> None:
    folder = put(roots[0], "ada", readme="# Ada\r\n\r\nPrompt.\r\n", Rules=b"caf\xe9")
    (folder / "avatar.png").write_bytes(b"\x89PNG")
    made = library(roots)
    saved = made.save(replace(made.get("ada"), name="Ada the Second"))
    own = roots[1] / "ada"
    assert saved.folder == own
    assert not saved.is_bundled
    assert (own / "README.md").read_bytes() == b"# Ada the Second\r\n\r\nPrompt.\r\n"
    assert (own / "avatar.png").exists()
    assert (own / "Rules.md").read_bytes() == b"caf\xe9"
    assert (folder / "README.md").read_bytes() == b"# Ada\r\n\r\nPrompt.\r\n"
    assert made.get("ada") == saved
    assert [p.name for p in roots[1].iterdir()] == ["ada"]


def test_knowledge_is_added_changed_and_taken_away(roots: tuple[Path, Path, Path]) -> None:
    put(roots[1], "ada", readme="# Ada", Old="old", Stays="stays")
    made = library(roots)
    put(roots[1], "ada", Unseen="came after the look")
    kept = (Knowledge("Stays.md", "other"), Knowledge("New.md", "new"))
    saved = made.save(replace(made.get("ada"), knowledge=kept))
    assert [k.name for k in saved.knowledge] == ["New.md", "Stays.md", "Unseen.md"]
    assert {k.name: k.text for k in saved.knowledge}["Stays.md"] == "other"


@pytest.mark.parametrize("name", ["../x.md", "a/b.md", "x.txt", "README.md", ".x.md", "C:x.md"])
def test_a_knowledge_name_that_leads_elsewhere_is_refused(
    name: str, roots: tuple[Path, Path, Path]
) -> None:
    put(roots[1], "ada", readme="# Ada")
    made = library(roots)
    with pytest.raises(PersonaError):
        made.save(replace(made.get("ada"), knowledge=(Knowledge(name, "x"),)))


def test_a_new_persona_is_written_from_its_fields(roots: tuple[Path, Path, Path]) -> None:
    put(roots[0], "ada", readme="# Ada")
    made = library(roots)
    fresh = replace(
        made.get("ada"),
        key="bo",
        name="Bo",
        folder=None,
        source="",
        prompt="Be brief.",
        characteristics=("Kind",),
        voice_tone=("Calm",),
        metadata={"language_code": "de"},
    )
    saved = made.save(fresh)
    assert (saved.prompt, saved.language) == ("Be brief.", "de")
    assert (saved.characteristics, saved.voice_tone) == (("Kind",), ("Calm",))
    for key in ("", "Bo", "../bo", "bo!"):
        with pytest.raises(PersonaError, match="cannot be a persona's key"):
            made.save(replace(fresh, key=key))


def test_changes_on_disk_are_seen_and_only_they(roots: tuple[Path, Path, Path]) -> None:
    put(roots[1], "ada", readme="# Ada")
    put(roots[1], "bea", readme="# Bea")
    made = library(roots)
    bea = made.get("bea")
    assert made.reload_changed() == ()
    put(roots[1], "ada", readme="# Ada the Longer")
    put(roots[1], "cy", readme="# Cy")
    assert made.reload_changed() == ("ada", "cy")
    assert made.get("ada").name == "Ada the Longer"
    assert made.get("bea") is bea
    (roots[1] / "cy" / "README.md").unlink()
    assert made.reload_changed() == ("cy",)
    put(roots[1], "bea", readme=b"\xff")
    assert made.reload_changed() == ("bea",)


def test_another_text_makes_another_persona(roots: tuple[Path, Path, Path]) -> None:
    put(roots[1], "ada", readme="# Ada\n\nOld.\n")
    made = library(roots)
    edited = with_source(made.get("ada"), "# Ada\n\nNew.\n\n<!-- kept -->\n")
    saved = made.save(edited)
    assert saved.prompt.startswith("New.")
    assert saved.source == "# Ada\n\nNew.\n\n<!-- kept -->\n"


BUNDLED = (
    "interviewer",
    "language_partner",
    "meeting_scribe",
    "onboarding_guide",
    "sales_sparring",
    "standup_facilitator",
)


@pytest.mark.parametrize("key", BUNDLED)
def test_the_bundled_personas_are_complete(key: str, tmp_path: Path) -> None:
    made = PersonaLibrary(shipped("personas"), tmp_path)
    made.load()
    assert made.broken() == ()
    persona = made.get(key)
    assert persona.is_bundled
    assert persona.greeting
    assert persona.role
    assert persona.language == "en"
    assert persona.gender in ("MALE", "FEMALE", "NON-BINARY")
    assert len(persona.prompt) > 300
    assert len(persona.characteristics) >= 4
    assert len(persona.voice_tone) >= 3
    assert len(persona.knowledge) >= 2
    assert all(len(k.text) > 1500 and k.text.startswith("# ") for k in persona.knowledge)
    assert "cartesia_voice_id" in persona.metadata
