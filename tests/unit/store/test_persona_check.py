"""What is wrong with a persona is told by file, line and field."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_issues import PersonaIssue, Severity, is_sound
from speakdesk.store.paths import shipped
from speakdesk.store.personas.check import Vocabulary, check_persona
from speakdesk.store.personas.folder import list_files, read_persona
from speakdesk.store.personas.join import with_source
from speakdesk.store.personas.library import PersonaLibrary

WORDS = Vocabulary(
    {"stt": frozenset({"deepgram"}), "llm": frozenset({"openai", "ollama"}), "tts": frozenset()},
    frozenset({"weather", "time"}),
)


def checked(metadata: str, top: str = "# Ada\n\nHelp.\n\n") -> list[PersonaIssue]:
    source = f"{top}## Metadata\n\n{metadata}\n"
    persona = with_source(Persona(key="ada", name="Ada"), source)
    return list(check_persona(persona, WORDS))


WRONG = {
    "- gender: Banana": ("gender", "MALE, FEMALE or NON-BINARY"),
    "- language_code: english": ("language_code", "no language tag"),
    "- language_code: xx": ("language_code", "no language tag"),
    "- llm: opneai": ("llm", "did you mean openai?"),
    "- tools: weather, wether": ("tools", "did you mean weather?"),
    "- turn_detection: quick": ("turn_detection", "smart or silence"),
    "- silence_s: soon": ("silence_s", "from 0 to 3600"),
    "- vad_confidence: 1.5": ("vad_confidence", "from 0 to 1"),
    "- speed: nan": ("speed", "from 0.5 to 2"),
    "- allow_interruptions: perhaps": ("allow_interruptions", "neither yes nor no"),
    "- relevant_links: https://a.example ftp://b": ("relevant_links", "“ftp://b”"),
    "- relevant_links: a.example": ("relevant_links", "http:// or https://"),
    "- llm_base_url: localhost:11434": ("llm_base_url", "no address"),
    "- llm_base_url: https://me:secret@host": ("llm_base_url", "no user name or password"),
    "- cartesia_voice_id: Sonia": ("cartesia_voice_id", "no Cartesia voice"),
    "- image: missing.png": ("image", "missing.png"),
    "- image: file:///etc/passwd": ("image", "no https:// address"),
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_value_is_an_error_on_its_line(line: str) -> None:
    field, words = WRONG[line]
    [issue] = checked(f"- role: x\n{line}")
    assert (issue.file, issue.line, issue.field) == ("README.md", 8, field)
    assert issue.severity is Severity.ERROR
    assert words in issue.sentence
    assert not is_sound([issue])


RIGHT = (
    "- gender: non-binary\n- language_code: zh-Hans-CN\n- llm: Ollama\n- tools: none\n- speed: 1.1",
    "- language_code: es_419\n- relevant_links: http://a.example https://b.example/x?y=1",
    "- gender:\n- image:\n- relevant_links:\n- cartesia_voice_id:",
    "- image: https://example.org/a.png\n- favourite_tea: Assam\n- x: y",
    "- cartesia_voice_id: f786b574-daa5-4673-aa0c-cbe3e8534c02\n- discloses_ai: no",
)


@pytest.mark.parametrize("metadata", RIGHT)
def test_what_is_right_or_empty_or_unknown_is_no_trouble(metadata: str) -> None:
    assert checked(metadata) == []


WARNED = {
    "twice": ("- gender: MALE\n- gender: FEMALE", "gender", 7, "given twice; line 7 counts"),
    "misspelt": ("- langauge_code: de", "langauge_code", 7, "did you mean language_code"),
    "unsafe picture": ("- image: http://a.example/x.png", "image", 7, "https:// addresses only"),
    "long greeting": ("- greeting: " + "word " * 200, "greeting", 7, "spoken whole"),
    "order": ("- knowledge_order: None.md", "knowledge_order", 7, "no knowledge file “None.md”"),
}


@pytest.mark.parametrize("name", WARNED)
def test_what_may_disappoint_is_a_warning(name: str) -> None:
    metadata, field, line, words = WARNED[name]
    found = [i for i in checked(metadata) if i.severity is Severity.WARNING]
    assert [(i.field, words in i.sentence) for i in found] == [(field, True)]
    assert found[0].line in (line, line + 1)
    assert is_sound(found)


def test_what_stands_in_the_wrong_place_is_told() -> None:
    source = (
        "No title.\n\n```\n## Findings\n```\n\n## Voice\n- gender: MALE\n\n## Background\n\nBorn.\n"
    )
    persona = with_source(Persona(key="ada", name="Ada"), source)
    found = {(i.line, i.field): i for i in check_persona(persona, WORDS)}
    assert "no “# Name”" in found[1, "name"].sentence
    assert "code block" in next(i for i in found.values() if i.line == 4).sentence
    assert "belongs under Metadata" in found[8, "voice"].sentence
    assert found[10, "prompt"].severity is Severity.NOTE


def test_sizes_and_files_that_do_not_fit_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "Ada Smith"
    folder.mkdir()
    (folder / "README.md").write_text("# Ada\n\n" + "long " * 4000)
    (folder / "Big.md").write_text("fact " * 6000)
    (folder / "Photo.md").write_bytes(b"\x89PNG\0\0")
    files = list_files(folder)
    assert files is not None
    persona = read_persona(files, is_bundled=False)
    assert isinstance(persona, Persona)
    found = {(i.file, i.field): i.sentence for i in check_persona(persona, WORDS)}
    assert "20,000 letters" not in found["README.md", "prompt"]
    assert "the first 16,000" in found["README.md", "prompt"]
    assert "Ada Smith" in found["README.md", "key"]
    assert "30,000" in found["Big.md", "knowledge"] or "29,999" in found["Big.md", "knowledge"]
    assert "is no text" in found["Photo.md", "knowledge"]


def test_a_picture_beside_the_file_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "README.md").write_text("# Ada\n\nHelp.\n\n## Metadata\n- image: ./Face.PNG\n")
    (folder / "face.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "other.png").write_bytes(b"\x89PNG")
    files = list_files(folder)
    assert files is not None
    persona = read_persona(files, is_bundled=False)
    assert isinstance(persona, Persona)
    assert persona.picture == folder / "face.png"
    assert check_persona(persona, WORDS) == ()
    gone = replace(persona, metadata={"image": "gone.png"})
    assert gone.image == "gone.png"


def test_a_picture_that_is_none_is_told_whatever_its_name_says(tmp_path: Path) -> None:
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "README.md").write_text("# Ada\n\nHelp.\n\n## Metadata\n- image: face.png\n")
    (folder / "face.png").write_bytes(b"<html>not found</html>")
    files = list_files(folder)
    assert files is not None
    persona = read_persona(files, is_bundled=False)
    assert isinstance(persona, Persona)
    [issue] = check_persona(persona, WORDS)
    assert (issue.file, issue.field, issue.severity) == ("face.png", "picture", Severity.ERROR)
    assert "no picture" in issue.sentence
    (folder / "face.png").write_bytes(b"GIF89a")
    assert check_persona(persona, WORDS) == ()


def test_the_bundled_personas_are_in_order(tmp_path: Path) -> None:
    from speakdesk.app.personas.words import vocabulary

    made = PersonaLibrary(shipped("personas"), tmp_path)
    made.load()
    wrong = {p.key: check_persona(p, vocabulary()) for p in made.all()}
    assert {key: found for key, found in wrong.items() if found} == {}
