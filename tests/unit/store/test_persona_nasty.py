"""Persona files as people write them: all load unchanged, broken ones are told by line."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speakdesk.domain.persona import Persona
from speakdesk.store.personas.library import PersonaLibrary
from speakdesk.store.personas.migrate import migrate_source

CORPUS = Path(__file__).parents[2] / "fixtures" / "personas_nasty"
BROKEN = {
    "broken_latin1": (1, "UTF-8"),
    "broken_latin1_below": (4, "UTF-8"),
    "broken_zero_byte": (4, "zero byte"),
    "broken_empty": (1, "empty"),
    "broken_no_readme": (0, "no README.md"),
    "broken_picture": (1, "UTF-8"),
}
GOOD = sorted(p.name for p in CORPUS.iterdir() if p.is_dir() and p.name not in BROKEN)


@pytest.fixture(scope="module")
def library() -> PersonaLibrary:
    made = PersonaLibrary(CORPUS, CORPUS / "nobody")
    made.load()
    return made


def by_folder(made: PersonaLibrary) -> dict[str, Persona]:
    return {p.folder.name: p for p in made.all() if p.folder is not None}


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_every_readable_one_is_there_and_every_other_is_told(library: PersonaLibrary) -> None:
    assert sorted(by_folder(library)) == GOOD
    told = {b.key: (b.line, b.sentence) for b in library.broken()}
    assert sorted(told) == sorted(BROKEN)
    for key, (line, words) in BROKEN.items():
        assert told[key][0] == line
        assert words in told[key][1]


SAID = {
    "empty_values": {"gender": "", "language": "en", "greeting": "", "links": ()},
    "odd_spacing": {"name": "Odd   Spacing", "gender": "MALE", "language": "de"},
    "crlf": {"name": "Ada", "greeting": "Hello!", "characteristics": ("Curious", "Fair")},
    "old_mac": {"name": "Ada", "greeting": "Hello!", "characteristics": ("Curious", "Fair")},
    "byte_order_mark": {"name": "Ada", "gender": "FEMALE"},
    "utf16_le": {"name": "Ada", "gender": "FEMALE", "characteristics": ("Curious", "Fair")},
    "utf16_be": {"name": "Ada", "gender": "FEMALE"},
    "emoji": {"name": "🦊 Füchsin 🦊", "greeting": "Hi 👋🏽!", "gender": "NON-BINARY"},
    "only_a_prompt": {"name": "Only A Prompt"},
    "only_metadata": {"gender": "MALE", "prompt": ""},
    "only_a_name": {"name": "Zoe", "prompt": ""},
    "nested_lists": {
        "characteristics": ("Kind", "to animals", "and plants", "Firm, in a line that goes on"),
        "links": ("https://a.example", "https://b.example"),
        "gender": "MALE",
    },
    "fenced_headings": {"language": "fr"},
    "duplicate_keys": {"gender": "MALE", "language": "pl", "image": "a.png"},
    "tabs": {"gender": "MALE", "language": "it", "characteristics": ("Quick", "very")},
    "bold_and_backticks": {"gender": "MALE", "language": "sv", "greeting": "Hej: hej"},
    "Capital Folder (v2)": {"key": "capital_folder_v2", "name": "Ada"},
    "lower_readme": {"name": "Ada"},
}


@pytest.mark.parametrize("folder", SAID)
def test_what_they_say_is_understood(folder: str, library: PersonaLibrary) -> None:
    persona = by_folder(library)[folder]
    assert {name: getattr(persona, name) for name in SAID[folder]} == SAID[folder]


def test_the_prompt_is_whole(library: PersonaLibrary) -> None:
    personas = by_folder(library)
    assert len(personas["huge_prompt"].prompt) > 100_000
    assert len(personas["long_line"].prompt) == 5 * 12_000 - 1
    assert "## Findings" in personas["fenced_headings"].prompt
    assert personas["html"].prompt.endswith("Prompt & more &amp; entities.")


def test_knowledge_is_text_in_any_encoding_and_nothing_else(library: PersonaLibrary) -> None:
    personas = by_folder(library)
    known = {k.name: k.text for k in personas["binary_named_md"].knowledge}
    assert known == {"Real.md": "Real knowledge.\n", "Old.md": "café crème\n"}
    assert personas["utf16_le"].knowledge[0].text == "Zwölf Boxkämpfer\n"
    assert [k.name for k in personas["other_files"].knowledge] == []
    picture = personas["other_files"].picture
    assert picture is not None
    assert picture.name == "avatar.png"


@pytest.mark.parametrize("folder", GOOD)
def test_saving_without_a_change_touches_no_byte(folder: str, tmp_path: Path) -> None:
    shutil.copytree(CORPUS / folder, tmp_path / folder)
    made = PersonaLibrary(None, tmp_path)
    made.load()
    [persona] = made.all()
    saved = made.save(persona, persona)
    assert saved == persona
    assert bytes_in(tmp_path / folder) == bytes_in(CORPUS / folder)


@pytest.mark.parametrize("folder", GOOD)
def test_a_change_there_and_back_loses_nothing(folder: str, tmp_path: Path) -> None:
    shutil.copytree(CORPUS / folder, tmp_path / folder)
    made = PersonaLibrary(None, tmp_path)
    made.load()
    [persona] = made.all()
    changed = made.save(replace(persona, metadata={**persona.metadata, "speed": "1.2"}), persona)
    assert changed.speed == 1.2
    assert changed.knowledge == persona.knowledge
    back = made.save(replace(changed, metadata=persona.metadata), changed)
    # A section made for the value may stay, empty; everything a person wrote stands.
    assert (back.name, back.prompt) == (persona.name, persona.prompt)
    assert back.metadata == persona.metadata
    assert back.characteristics == persona.characteristics
    for line in persona.source.splitlines():
        assert line in back.source


@pytest.mark.parametrize("folder", GOOD)
def test_migrating_twice_is_migrating_once(folder: str, library: PersonaLibrary) -> None:
    source = by_folder(library)[folder].source
    once, _ = migrate_source(source)
    assert migrate_source(once) == (once, ())


_texts = st.text(
    st.one_of(
        st.sampled_from("#-*: \n\r\t`\\"),
        st.characters(exclude_categories=("Cs",), exclude_characters="\0"),
    ),
    max_size=120,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_texts, st.dictionaries(st.sampled_from(["A.md", "b.md", "Ü.md"]), _texts, max_size=3))
def test_load_save_load_loses_nothing(
    tmp_path: Path, source: str, knowledge: dict[str, str]
) -> None:
    folder = tmp_path / "ada"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "README.md").write_bytes(("# N\n" + source).encode())
    for name, text in knowledge.items():
        (folder / name).write_bytes(text.encode())
    before = bytes_in(folder)
    made = PersonaLibrary(None, tmp_path)
    made.load()
    persona = made.get("ada")
    assert made.save(persona, persona) == persona
    assert bytes_in(folder) == before
    again = PersonaLibrary(None, tmp_path)
    again.load()
    assert again.get("ada") == persona
