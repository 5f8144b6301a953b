"""A persona's README.md, read with patience.

The format is told in `domain.persona`. Reading forgives byte-order marks, any kind of line end,
odd spacing, bold keys, numbered lists, lists under a key and missing sections. A `## ` at the
start of a line always begins a section; a prompt that needs such a line has it as `\\## `.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

CHARACTERISTICS = "characteristics"
VOICE = "voice"
METADATA = "metadata"

TITLES = {CHARACTERISTICS: "Characteristics", VOICE: "Voice", METADATA: "Metadata"}
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
NAME = re.compile(r"^[ \t]{0,3}#(?!#)[ \t]*(?=\S)(.*)$")
_SECTION = re.compile(r"^[ \t]{0,3}##(?!#)([ \t]*)(.*)$")
_CLOSING = re.compile(r"[ \t]+#+[ \t]*$")
ITEM = re.compile(r"^([ \t]*(?:[-*+•\u2013]|\d{1,3}[.)])[ \t]+)(.*)$")
BARE_ITEM = re.compile(r"^[ \t]*[-*+•\u2013][ \t]*$")
ENTRY = re.compile(
    r"^([ \t]*)(?:[-*+•\u2013][ \t]*)?"
    r"(?:(?P<bold>\*\*|__|`)(?P<bold_key>[A-Za-z][\w .\-]*?)[ \t]*"
    r"(?:(?P=bold)[ \t]*[:\uff1a]|[:\uff1a][ \t]*(?P=bold))"
    r"|(?P<key>[A-Za-z][\w .\-]*?)[ \t]*[:\uff1a](?!//))"
    r"[ \t]*(?P<value>.*)$"
)
_ESCAPED = re.compile(r"^([ \t]{0,3})\\(\\*##(?!#).*)$", re.DOTALL)
BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class PersonaText:
    """What a README.md says. `name` is empty where it has no title."""

    name: str = ""
    prompt: str = ""
    characteristics: tuple[str, ...] = ()
    voice_tone: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """Some of a section's lines, `start` to before `end`, and what they say."""

    start: int
    end: int
    text: str
    key: str = ""


@dataclass(slots=True)
class Layout:
    """Where things stand, as line numbers from 0; `sections` are (name, heading, end)."""

    lines: list[str]
    title: int | None
    prompt_start: int
    prompt_end: int
    sections: list[tuple[str, int, int]]


def parse_source(source: str) -> PersonaText:
    """Everything a README.md says. Never raises: what is missing is empty."""
    layout = lay_out(source)
    metadata: dict[str, str] = {}
    for entry in entries_of(layout):
        if not metadata.get(entry.key):
            metadata[entry.key] = entry.text
    return PersonaText(
        name=title_text(layout.lines[layout.title]) if layout.title is not None else "",
        prompt=prompt_text(layout),
        characteristics=tuple(s.text for s in items_of(layout, CHARACTERISTICS)),
        voice_tone=tuple(s.text for s in items_of(layout, VOICE)),
        metadata=metadata,
    )


def lay_out(source: str) -> Layout:
    lines = _LINES.findall(source)
    sections: list[tuple[str, int, int]] = []
    headings: list[tuple[str, int]] = []
    title: int | None = None
    for number, line in enumerate(lines):
        if "#" not in line:
            continue
        text = bare(line)
        if number == 0:
            text = text.removeprefix(BOM)
        if (match := _SECTION.match(text)) is not None:
            name = _section_name(match[2])
            if match[1] or name in TITLES or not match[2]:
                headings.append((name, number))
                continue
        if title is None and not headings and NAME.match(text):
            title = number
    for index, (name, number) in enumerate(headings):
        end = headings[index + 1][1] if index + 1 < len(headings) else len(lines)
        sections.append((name, number, end))
    start = 0 if title is None else title + 1
    return Layout(lines, title, start, headings[0][1] if headings else len(lines), sections)


def _section_name(heading: str) -> str:
    return "".join(c for c in _CLOSING.sub("", heading).lower() if c.isalnum())


def bare(line: str) -> str:
    return line.rstrip("\r\n")


def title_text(line: str) -> str:
    match = NAME.match(bare(line).removeprefix(BOM))
    return clean_name(match[1]) if match else ""


def clean_name(text: str) -> str:
    before = None
    text = one_line(text)
    while text != before:
        before = text
        text = _CLOSING.sub("", text.lstrip("#")).strip()
        for mark in ("**", "__"):
            if len(text) > 4 and text.startswith(mark) and text.endswith(mark):
                text = text[2:-2].strip()
    return text


def name_from_key(key: str) -> str:
    """What a persona is called whose file has no title: `sales_coach` is Sales Coach."""
    return re.sub(r"[_\-\s]+", " ", key).strip().title()


def one_line(text: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", " ", text).strip()


def prompt_text(layout: Layout) -> str:
    lines = [bare(line) for line in layout.lines[layout.prompt_start : layout.prompt_end]]
    text = "\n".join(_ESCAPED.sub(r"\1\2", line) for line in lines)
    return (text.removeprefix(BOM) if layout.prompt_start == 0 else text).strip()


def items_of(layout: Layout, name: str) -> list[Span]:
    """The list items of a section; without any list, each line; a line before the list counts
    too, unless it only leads in (ends with a colon)."""
    found: list[Span] = []
    loose: list[Span] = []
    has_list = False
    for section, heading, end in layout.sections:
        if section != name:
            continue
        number = heading + 1
        while number < end:
            text = bare(layout.lines[number])
            stop = number + 1
            if BARE_ITEM.match(text):
                has_list = True
            elif (match := ITEM.match(text)) is not None:
                has_list = True
                indent = len(text) - len(text.lstrip())
                words = [match[2].strip()]
                while stop < end and _continues(bare(layout.lines[stop]), indent):
                    words.append(layout.lines[stop].strip())
                    stop += 1
                said = " ".join(w for w in words if w)
                if said:
                    found.append(Span(number, stop, said))
            elif text.strip() and not has_list:
                said = text.strip()
                if not said.endswith((":", "\uff1a")) and not said.startswith("<!--"):
                    loose.append(Span(number, stop, said))
            number = stop
    return [*loose, *found]


def _continues(line: str, indent: int) -> bool:
    stripped = line.lstrip(" \t")
    return (
        bool(stripped.strip())
        and len(line) - len(stripped) > indent
        and not ITEM.match(line)
        and not BARE_ITEM.match(line)
    )


def entries_of(layout: Layout) -> list[Span]:
    found: list[Span] = []
    for section, heading, end in layout.sections:
        if section != METADATA:
            continue
        number = heading + 1
        while number < end:
            match = ENTRY.match(bare(layout.lines[number]))
            stop = number + 1
            if match is not None:
                words = [match["value"].strip()]
                while stop < end and _belongs_above(bare(layout.lines[stop]), len(match[1])):
                    item = ITEM.match(bare(layout.lines[stop]))
                    words.append((item[2] if item else layout.lines[stop]).strip())
                    stop += 1
                key = re.sub(r"[ .\-]+", "_", match["bold_key"] or match["key"]).lower()
                found.append(Span(number, stop, " ".join(w for w in words if w), key))
            number = stop
    return found


def _belongs_above(line: str, indent: int) -> bool:
    stripped = line.lstrip(" \t")
    return bool(stripped.strip()) and len(line) - len(stripped) > indent and not ENTRY.match(line)
