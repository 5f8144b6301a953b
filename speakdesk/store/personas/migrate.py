"""Older persona files brought to the present format, with a word on every change.

What is already readable stays as it is, `entry_message` included; a second run changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from speakdesk.domain.persona_keys import find_key
from speakdesk.store.personas.edit import PersonaChanges, update_source
from speakdesk.store.personas.file import (
    BARE_ITEM,
    BOM,
    ENTRY,
    ITEM,
    METADATA,
    TITLES,
    Layout,
    bare,
    entries_of,
    lay_out,
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One change to a README.md: the line (1-based, before that change) and what was done."""

    line: int
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return {"line": self.line, "sentence": self.sentence}


_SECTIONS: Mapping[str, str] = {
    "traits": "characteristics",
    "personality": "characteristics",
    "personalitytraits": "characteristics",
    "charactertraits": "characteristics",
    "tone": "voice",
    "toneofvoice": "voice",
    "voiceandtone": "voice",
    "speakingstyle": "voice",
    "speechstyle": "voice",
    "voicestyle": "voice",
    "meta": "metadata",
    "metainformation": "metadata",
    "config": "metadata",
    "configuration": "metadata",
}
_KEYS: Mapping[str, str] = {
    "avatar": "image",
    "avatar_url": "image",
    "bot_image": "image",
    "image_url": "image",
    "picture": "image",
    "cartesia_voice": "cartesia_voice_id",
    "cartesia_id": "cartesia_voice_id",
    "voice_id": "cartesia_voice_id",
    "entrymessage": "entry_message",
    "entry": "entry_message",
    "greeting_message": "greeting",
    "lang": "language_code",
    "language": "language_code",
    "locale": "language_code",
    "link": "relevant_links",
    "links": "relevant_links",
    "urls": "relevant_links",
    "relevant_link": "relevant_links",
    "sex": "gender",
    "skin": "skin_tone",
    "skin_colour": "skin_tone",
    "skin_color": "skin_tone",
    "alias": "aliases",
    "tag": "tags",
    "keywords": "tags",
    "model": "llm_model",
}
_GENDERS: Mapping[str, str] = {
    **dict.fromkeys(("m", "man", "male", "masculine"), "MALE"),
    **dict.fromkeys(("f", "w", "woman", "female", "feminine"), "FEMALE"),
    **dict.fromkeys(
        ("nb", "nonbinary", "non binary", "non_binary", "non-binary", "enby", "neutral", "diverse"),
        "NON-BINARY",
    ),
}
_LANGUAGES: Mapping[str, str] = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "spanish": "es",
    "español": "es",
    "italian": "it",
    "italiano": "it",
    "portuguese": "pt",
    "português": "pt",
    "dutch": "nl",
    "nederlands": "nl",
    "polish": "pl",
    "polski": "pl",
    "swedish": "sv",
    "russian": "ru",
    "japanese": "ja",
    "chinese": "zh",
    "korean": "ko",
    "hindi": "hi",
    "turkish": "tr",
    "arabic": "ar",
}
_TAG = re.compile(r"^([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?\Z")
_LOOSE_HEADING = re.compile(
    r"^[ \t]{0,3}(?P<marks>#{1,6}[ \t]*)?(?P<bold>\*\*|__)?[ \t]*"
    r"(?P<name>metadata|characteristics|voice)[ \t]*:?[ \t]*(?(bold)(?P=bold))"
    r"[ \t]*:?[ \t]*#*[ \t]*$",
    re.IGNORECASE,
)
_MATTER_MARK = re.compile(r"^---[ \t]*$")
_MATTER_LINE = re.compile(r"^(?P<key>[A-Za-z][\w \-]*?)[ \t]*:[ \t]*(?P<value>.*)$")
_LONGEST_MATTER = 60


def migrate_source(source: str) -> tuple[str, tuple[Migration, ...]]:
    """The README.md in the present format and what was changed, in the order it was done."""
    changes: list[Migration] = []
    for step in (_headings, _front_matter, _keys, _values):
        while (done := step(source)) is not None:
            source, change = done
            changes.append(change)
    return source, tuple(changes)


Step = tuple[str, Migration] | None


def _front_matter(source: str) -> Step:
    """A block of `key: value` between two `---` at the top becomes metadata."""
    lines = lay_out(source).lines
    if not lines or not _MATTER_MARK.match(bare(lines[0]).removeprefix(BOM)):
        return None
    values: dict[str, str | None] = {}
    end = 0
    for number, line in enumerate(lines[1 : _LONGEST_MATTER + 1], 1):
        if _MATTER_MARK.match(bare(line)):
            end = number
            break
        match = _MATTER_LINE.match(bare(line))
        if match is None:
            return None
        key = re.sub(r"[ \-]+", "_", match["key"]).lower()
        values.setdefault(key, match["value"].strip().strip("\"'"))
    if not end or not values:
        return None
    mark = BOM if source.startswith(BOM) else ""
    rest = mark + "".join(lines[end + 1 :]).lstrip("\r\n")
    name = values.pop("name", None)
    layout = lay_out(rest)
    present = {s.key for s in entries_of(layout) if s.text}
    has_title = layout.title is not None
    rest = update_source(
        rest,
        PersonaChanges(
            name=name if name and not has_title else None,
            metadata={k: v for k, v in values.items() if k not in present and v},
        ),
    )
    return rest, Migration(1, "The block between --- and --- is now the list under Metadata.")


def _headings(source: str) -> Step:
    layout = lay_out(source)
    present = {name for name, _, _ in layout.sections}
    for name, heading, _ in layout.sections:
        line = layout.lines[heading]
        wanted = name if name in TITLES else _SECTIONS.get(name, "")
        if not wanted or (wanted != name and wanted in present):
            continue
        title = f"## {TITLES[wanted]}"
        written = bare(line).removeprefix(BOM)
        if written.rstrip() != title:
            return _replaced(layout, heading, title, f"“{written.strip()}” is now “{title}”.")
    for number, line in enumerate(layout.lines):
        match = _LOOSE_HEADING.match(bare(line))
        is_above_title = layout.title is not None and number <= layout.title
        if match is None or is_above_title or match["name"].lower() in present:
            continue
        name = match["name"].lower()
        if not (match["marks"] or match["bold"] or ":" in line):
            continue
        if _is_list(layout, number + 1, name):
            title = f"## {TITLES[name]}"
            return _replaced(
                layout, number, title, f"“{bare(line).removeprefix(BOM).strip()}” is now “{title}”."
            )
    return None


def _is_list(layout: Layout, start: int, name: str) -> bool:
    """True where nothing but a list follows, up to the next heading: a section may begin here."""
    is_item = ENTRY.match if name == METADATA else ITEM.match
    has_items = False
    for line in layout.lines[start:]:
        text = bare(line)
        if text.lstrip().startswith("#") or _LOOSE_HEADING.match(text):
            break
        if is_item(text) is not None:
            has_items = True
        elif text.strip() and not BARE_ITEM.match(text):
            return False
    return has_items


def _keys(source: str) -> Step:
    layout = lay_out(source)
    filled = {s.key for s in entries_of(layout) if s.text}
    for span in entries_of(layout):
        match = ENTRY.match(bare(layout.lines[span.start]))
        if match is None:
            continue
        written = match["bold_key"] or match["key"]
        wanted = _KEYS.get(span.key, span.key)
        if wanted != span.key and wanted in filled:
            continue
        if find_key(wanted) is None or (written == wanted and not match["bold"]):
            continue
        value = match["value"]
        line = f"{match[1]}- {wanted}: {value}".rstrip()
        if wanted != span.key:
            # An empty line of the right key would stand above the value it now gets.
            source = _without_empty(layout, wanted)
            layout = lay_out(source)
            span = next(s for s in entries_of(layout) if s.key == span.key and s.text == span.text)
        sentence = f"The key “{written}” is now “{wanted}”."
        if written == wanted:
            sentence = f"The key {wanted} is written plainly now, without “{match['bold']}”."
        return _replaced(layout, span.start, line, sentence)
    return None


def _without_empty(layout: Layout, key: str) -> str:
    gone = {s.start for s in entries_of(layout) if s.key == key and not s.text}
    return "".join(line for n, line in enumerate(layout.lines) if n not in gone)


def _values(source: str) -> Step:
    layout = lay_out(source)
    for span in entries_of(layout):
        wanted = _better(span.key, span.text)
        if wanted and wanted != span.text:
            changed = update_source(source, PersonaChanges(metadata={span.key: wanted}))
            if changed != source:
                sentence = f"{span.key} was “{span.text}” and is now “{wanted}”."
                return changed, Migration(span.start + 1, sentence)
    return None


def _better(key: str, value: str) -> str:
    if key == "gender":
        return _GENDERS.get(value.strip().lower(), "")
    if key == "language_code":
        named = _LANGUAGES.get(value.strip().lower(), "")
        match = _TAG.match(value)
        if named or match is None:
            return named
        base, script, region = match.groups()
        return "-".join(_tag_parts(base, script, region))
    return ""


def _tag_parts(base: str, script: str | None, region: str | None) -> Iterator[str]:
    yield base.lower()
    if script:
        yield script.title()
    if region:
        yield region.upper()


def _replaced(layout: Layout, number: int, text: str, sentence: str) -> tuple[str, Migration]:
    old = layout.lines[number]
    mark = BOM if number == 0 and old.startswith(BOM) else ""
    lines = list(layout.lines)
    lines[number] = f"{mark}{text}{old[len(bare(old)) :]}"
    return "".join(lines), Migration(number + 1, sentence)
