"""Older files are brought to the present format, with a word on every change, once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speakdesk.store.personas.file import parse_source
from speakdesk.store.personas.migrate import migrate_source

OLD = (
    "---\nname: Ada\nlang: English\n---\nYou help.\n\n### Characteristics\n- kind\n\n"
    "**Metadata**\n- **Sex**: f\n- Avatar: https://x/y.png\n- image:\n"
    "- entry_message: Hello!\n- Skin Tone: dark\n- favourite_tea: Assam\n"
)


def test_an_old_file_becomes_a_present_one() -> None:
    source, changes = migrate_source(OLD)
    assert source == (
        "# Ada\n\nYou help.\n\n## Characteristics\n- kind\n\n## Metadata\n- gender: FEMALE\n"
        "- image: https://x/y.png\n- entry_message: Hello!\n- skin_tone: dark\n"
        "- favourite_tea: Assam\n- language_code: en\n"
    )
    said = [change.sentence for change in changes]
    assert "The key “Sex” is now “gender”." in said
    assert "language_code was “English” and is now “en”." in said
    assert "“### Characteristics” is now “## Characteristics”." in said
    assert all(change.line >= 1 for change in changes)


SMALL = {
    "heading": ("## 📋 METADATA:\r\n- gender: MALE\r\n", "## Metadata\r\n- gender: MALE\r\n"),
    "alias heading": ("# A\n\n## Traits\n- kind\n", "# A\n\n## Characteristics\n- kind\n"),
    "key": ("## Metadata\n- Language Code: de_at\n", "## Metadata\n- language_code: de-AT\n"),
    "gender": ("## Metadata\n- gender: non binary\n", "## Metadata\n- gender: NON-BINARY\n"),
    "links": ("## Metadata\n- links: https://a\n", "## Metadata\n- relevant_links: https://a\n"),
    "in front": ("\ufeff## Metadata:\n- sex: m\n", "\ufeff## Metadata\n- gender: MALE\n"),
}


@pytest.mark.parametrize("name", SMALL)
def test_one_old_habit_at_a_time(name: str) -> None:
    before, after = SMALL[name]
    assert migrate_source(before)[0] == after


def test_what_was_said_of_a_change_is_what_changed() -> None:
    source = "# Ada\n\nHelp.\n\n## Metadata  \n- **image**: https://x/y.png\n- **Gender:** MALE\n"
    after, changes = migrate_source(source)
    assert after == source.replace("**image**", "image").replace("**Gender:**", "gender:")
    assert [change.sentence for change in changes] == [
        "The key image is written plainly now, without “**”.",
        "The key “Gender” is now “gender”.",
    ]


KEPT = (
    "# Ada\n\nHelp.\n\n## Characteristics\n- kind\n\n## Metadata\n- gender: MALE\n- x: y\n",
    "# Ada\n\nHelp.\n\n## Metadata\n- entry_message: Hello!\n- language_code: pt-BR\n",
    "# Ada\n\n**Voice:**\n- calm\n\nand then do this.\n\n## Metadata\n- gender: MALE\n",
    "# Ada\n\n## Characteristics\n- a\n\n## Traits\n- b\n",
    "## Metadata\n- sex: f\n- gender: MALE\n",
    "---\nnot a list\n---\n# Ada\n",
    "",
)


@pytest.mark.parametrize("source", KEPT)
def test_what_needs_nothing_stays_byte_for_byte(source: str) -> None:
    assert migrate_source(source) == (source, ())


_lines = st.one_of(
    st.sampled_from(
        [
            "---", "# Ada", "## Metadata", "Metadata:", "### Voice", "**Metadata**", "# Voice",
            "## Traits", "- lang: English", "- language: de_at", "language_code: ", "- sex: f",
            "- Skin Tone: dark", "- **Avatar**: x", "name: Ada", "- item", "text", "", "  more",
        ]
    ),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n"), max_size=12),
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.lists(_lines, max_size=14), st.sampled_from(["\n", "\r\n"]))
def test_twice_is_once_and_nothing_written_is_lost(lines: list[str], newline: str) -> None:
    source = newline.join(lines)
    once, changes = migrate_source(source)
    assert migrate_source(once) == (once, ())
    assert bool(changes) == (once != source)
    before, after = parse_source(source), parse_source(once)
    assert not before.name or after.name
    for item in before.characteristics:
        assert item in after.characteristics
