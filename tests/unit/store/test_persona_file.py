"""The persona file: read with patience, changed without losing what a person wrote."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speakdesk.domain.errors import PersonaError
from speakdesk.domain.persona import Persona
from speakdesk.store.personas.edit import PersonaChanges, source_of, update_source
from speakdesk.store.personas.file import clean_name, name_from_key, one_line, parse_source

TIDY = """# Ada Interviewer

You interview people for a job.

Ask one question at a time:
- short
- open

## Characteristics
- Curious
- Fair

## Voice
Ada speaks with:
- A calm pace
- Warmth

## Metadata
- image: https://example.org/ada.png
- entry_message: Hello, I am Ada. Shall we begin?
- cartesia_voice_id:
- gender: FEMALE
- relevant_links: https://a.example https://b.example
- skin_tone: dark
- favourite_tea: Assam: first flush
"""


def test_reads_the_documented_format() -> None:
    text = parse_source(TIDY)
    assert text.name == "Ada Interviewer"
    assert text.prompt.startswith("You interview people")
    assert text.prompt.endswith("- open")
    assert text.characteristics == ("Curious", "Fair")
    assert text.voice_tone == ("A calm pace", "Warmth")
    assert text.metadata["cartesia_voice_id"] == ""
    assert text.metadata["favourite_tea"] == "Assam: first flush"
    assert text.metadata["image"] == "https://example.org/ada.png"


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_reads_other_line_ends_alike(newline: str) -> None:
    assert parse_source(TIDY.replace("\n", newline)) == parse_source(TIDY)


NASTY = {
    "bold keys": ("## Metadata\n- **gender**: MALE\n- **image:** https://x/y\n", "MALE"),
    "backticks": ("## Metadata\n* `gender`: MALE\n", "MALE"),
    "odd spacing": ("##   Metadata  ##\n\n\n  -   gender   :    MALE   \n", "MALE"),
    "no space after ##": ("##Metadata\n-gender:MALE\n", "MALE"),
    "capitals": ("## METADATA:\n- Gender: MALE\n", "MALE"),
    "no bullets": ("## Metadata\ngender: MALE\n", "MALE"),
    "emoji heading": ("## 📋 Metadata\n- gender: MALE\n", "MALE"),
    "byte-order mark first": ("\ufeff## Metadata\n- gender: MALE\n", "MALE"),
    "twice, first empty": ("## Metadata\n- gender:\n- gender: MALE\n", "MALE"),
    "two sections": ("## Metadata\n- a: b\n## Other\nx\n## Metadata\n- gender: MALE", "MALE"),
    "full-width colon": ("## Metadata\n- gender\uff1a MALE\n", "MALE"),
    "wrapped": ("## Metadata\n- gender: MA\n  LE\n", "MA LE"),
    "absent": ("# Name\n\nPrompt\n", ""),
    "empty file": ("", ""),
}


@pytest.mark.parametrize("name", NASTY)
def test_forgives_how_people_write_metadata(name: str) -> None:
    source, gender = NASTY[name]
    assert parse_source(source).metadata.get("gender", "") == gender


def test_a_list_under_a_key_is_its_value() -> None:
    source = (
        "## Metadata\n- relevant_links:\n  - https://a.example\n  - https://b.example\n- x: y\n"
    )
    metadata = parse_source(source).metadata
    assert metadata == {"relevant_links": "https://a.example https://b.example", "x": "y"}


def test_emoji_and_missing_sections_are_no_trouble() -> None:
    text = parse_source("# 🦊 Fox & Söhne 🦊\nJust a prompt, 你好.")
    assert text.name == "🦊 Fox & Söhne 🦊"
    assert text.prompt == "Just a prompt, 你好."
    assert text.characteristics == ()


def test_a_section_without_a_list_counts_its_lines() -> None:
    assert parse_source("## Voice\nDry and quick\n").voice_tone == ("Dry and quick",)


def test_a_changed_value_leaves_every_other_byte() -> None:
    source = TIDY.replace("\n", "\r\n")
    changed = update_source(source, PersonaChanges(metadata={"gender": "MALE"}))
    assert changed == source.replace("gender: FEMALE", "gender: MALE")


def test_a_removed_key_takes_its_line_along() -> None:
    changed = update_source(TIDY, PersonaChanges(metadata={"skin_tone": None}))
    assert changed == TIDY.replace("- skin_tone: dark\n", "")


def test_new_sections_and_keys_are_added_where_they_belong() -> None:
    changed = update_source(
        "# Ada\n\nPrompt.",
        PersonaChanges(characteristics=("Kind",), metadata={"gender": "FEMALE"}),
    )
    assert changed == (
        "# Ada\n\nPrompt.\n\n## Characteristics\n\n- Kind\n\n## Metadata\n\n- gender: FEMALE\n"
    )


def test_list_changes_keep_lead_in_and_remarks() -> None:
    source = "# A\n\n## Voice\nAda speaks with:\n* calm\n* warmth\n<!-- tried with Lena -->\n"
    changed = update_source(source, PersonaChanges(voice_tone=("calm", "wit")))
    assert changed == (
        "# A\n\n## Voice\nAda speaks with:\n* calm\n- wit\n<!-- tried with Lena -->\n"
    )


def test_a_prompt_may_hold_headings() -> None:
    prompt = "Rules.\n\n## How to ask\nShortly.\n\\## odd\n# And more"
    changed = update_source(TIDY, PersonaChanges(prompt=prompt))
    assert parse_source(changed).prompt == prompt
    assert parse_source(changed).characteristics == ("Curious", "Fair")


@pytest.mark.parametrize("key", ["", "Two Words", "Ümlaut", "1st", "a:b"])
def test_a_key_that_could_not_be_read_back_is_refused(key: str) -> None:
    with pytest.raises(PersonaError):
        update_source(TIDY, PersonaChanges(metadata={key: "x"}))


_line = st.text(
    st.one_of(
        st.sampled_from(" \t#-*:`_.123\\<>|\u2028\x0b\ufeff"),
        st.characters(exclude_categories=("Cs",), exclude_characters="\r\n"),
    ),
    max_size=20,
)
_structure = st.sampled_from(
    [
        "# Title",
        "## Characteristics",
        "## Voice",
        "## Metadata",
        "##Metadata",
        "## Elsewhere",
        "- item",
        "  - deeper",
        "    indented",
        "1. first",
        "- gender: MALE",
        "- **image**: https://x/y",
        "key : value",
        "Speaks with:",
        "```",
        "",
    ]
)
_sources = st.builds(
    lambda lines, newline, end: newline.join(lines) + end,
    st.lists(st.one_of(_structure, _line), max_size=16),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n"]),
)


def _persona(source: str) -> Persona:
    text = parse_source(source)
    return Persona(
        key="some_key",
        name=text.name or name_from_key("some_key"),
        prompt=text.prompt,
        characteristics=text.characteristics,
        voice_tone=text.voice_tone,
        metadata=text.metadata,
        source=source,
    )


@settings(max_examples=150, deadline=None)
@given(_sources)
def test_saving_what_was_read_changes_nothing(source: str) -> None:
    assert source_of(_persona(source)) == source


@settings(max_examples=200, deadline=None)
@given(
    _sources,
    st.text(max_size=12),
    st.lists(_line, max_size=5).map("\n".join),
    st.lists(_line, max_size=4).map(tuple),
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), _line, max_size=3),
)
def test_what_is_written_reads_back(
    source: str, name: str, prompt: str, items: tuple[str, ...], metadata: dict[str, str]
) -> None:
    changes = PersonaChanges(name, prompt, items, items, metadata)
    wants_title_for_prompt = not clean_name(name)
    try:
        changed = update_source(source, changes)
    except PersonaError:
        assert wants_title_for_prompt
        return
    after = parse_source(changed)
    assert after.name == clean_name(name)
    assert after.prompt == prompt.replace("\r", "\n").strip()
    for key, value in metadata.items():
        assert after.metadata[key] == one_line(value)
    assert update_source(changed, changes) == changed
    kept = [line.strip() for line in source.splitlines() if line.strip() == "## Elsewhere"]
    now = [line.strip() for line in changed.splitlines() if line.strip() == "## Elsewhere"]
    assert len(now) >= len(kept)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_read(source: str) -> None:
    assert source_of(_persona(source)) == source
