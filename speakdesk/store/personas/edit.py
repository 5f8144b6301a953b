"""A persona's README.md, changed in place so that nothing a person wrote is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import Persona
from speakdesk.store.personas.file import (
    BARE_ITEM,
    BOM,
    CHARACTERISTICS,
    ENTRY,
    ITEM,
    METADATA,
    TITLES,
    VOICE,
    Layout,
    bare,
    clean_name,
    entries_of,
    items_of,
    lay_out,
    name_from_key,
    one_line,
    parse_source,
    prompt_text,
    title_text,
)

_TO_ESCAPE = re.compile(r"^([ \t]{0,3})(\\*##(?!#).*)$", re.DOTALL)
_KEY = re.compile(r"^[a-z][a-z0-9_]*$")


@dataclass(frozen=True, slots=True)
class PersonaChanges:
    """What to change in a README.md; None leaves it. A metadata value of None removes the key."""

    name: str | None = None
    prompt: str | None = None
    characteristics: tuple[str, ...] | None = None
    voice_tone: tuple[str, ...] | None = None
    metadata: Mapping[str, str | None] = field(default_factory=dict)


def update_source(source: str, changes: PersonaChanges) -> str:
    """The same file with some things changed in place; everything else stays byte for byte.

    Line breaks inside a name, an item or a value become spaces, for the format has one line for
    each. Raises PersonaError for a metadata key that could not be read back.
    """
    newline = _newline_of(source)
    wanted: list[tuple[str, object]] = []
    if changes.name is not None:
        name = clean_name(changes.name)
        source = _with_name(source, name, newline)
        wanted.append(("name", name))
    if changes.prompt is not None:
        prompt = _normal_prompt(changes.prompt)
        source = _with_prompt(source, prompt, newline)
        wanted.append(("prompt", prompt))
    for section, items in (
        (CHARACTERISTICS, changes.characteristics),
        (VOICE, changes.voice_tone),
    ):
        if items is not None:
            cleaned = tuple(c for item in items if (c := _clean_item(item)))
            source = _with_items(source, section, cleaned, newline)
            wanted.append(("voice_tone" if section == VOICE else section, cleaned))
    values = {k: one_line(v) if v is not None else None for k, v in changes.metadata.items()}
    for key, value in values.items():
        source = _with_value(source, key, value, newline)
    after = parse_source(source)
    for field_name, value_wanted in wanted:
        if getattr(after, field_name) != value_wanted:
            raise _unwritable(f"This {field_name.replace('_', ' ')} would not read back the same.")
    for key, value in values.items():
        if after.metadata.get(key) != value:
            raise _unwritable(f"This value of {key} would not read back the same.")
    return source


def source_of(persona: Persona) -> str:
    """The persona's file with its present fields in it; fields win over an older source."""
    before = parse_source(persona.source)
    is_new_prompt = _normal_prompt(persona.prompt) != before.prompt
    # A changed prompt needs a title above it, or a heading of its own would become the title; a
    # file that is written for the first time has one, whatever its folder is called.
    is_first = not persona.source and bool(
        persona.prompt or persona.characteristics or persona.voice_tone or persona.metadata
    )
    keeps_name = (
        not is_first
        and persona.name == (before.name or name_from_key(persona.key))
        and (bool(before.name) or not is_new_prompt)
    )
    changes = PersonaChanges(
        name=None if keeps_name else persona.name,
        prompt=persona.prompt if is_new_prompt else None,
        characteristics=(
            persona.characteristics if persona.characteristics != before.characteristics else None
        ),
        voice_tone=persona.voice_tone if persona.voice_tone != before.voice_tone else None,
        metadata={
            **{k: v for k, v in persona.metadata.items() if before.metadata.get(k) != v},
            **{k: None for k in before.metadata if k not in persona.metadata},
        },
    )
    return update_source(persona.source, changes)


def _with_name(source: str, name: str, newline: str) -> str:
    layout = lay_out(source)
    if layout.title is not None:
        if title_text(layout.lines[layout.title]) == name:
            return source
        old = layout.lines[layout.title]
        mark = BOM if old.startswith(BOM) else ""
        layout.lines[layout.title] = f"{mark}# {name}{_end_of(old)}" if name else mark
        return "".join(layout.lines)
    if not name:
        return source
    mark = BOM if source.startswith(BOM) else ""
    rest = source.removeprefix(BOM)
    return f"{mark}# {name}{newline}" + (f"{newline}{rest}" if rest else "")


def _with_prompt(source: str, prompt: str, newline: str) -> str:
    layout = lay_out(source)
    if prompt_text(layout) == prompt:
        return source
    escaped = [_TO_ESCAPE.sub(r"\1\\\2", line) for line in prompt.split("\n")]
    block = [f"{line}{newline}" for line in escaped] if prompt else []
    before = layout.lines[: layout.prompt_start]
    after = layout.lines[layout.prompt_end :]
    if before and not before[-1].endswith(("\n", "\r")):
        before[-1] += newline
    gap = [newline]
    if layout.title is None and source.startswith(BOM):
        before = [BOM]
    lead = gap if layout.title is not None and block else []
    return "".join([*before, *lead, *block, *(gap if after else []), *after])


def _with_items(source: str, name: str, items: tuple[str, ...], newline: str) -> str:
    layout = lay_out(source)
    old = items_of(layout, name)
    if tuple(s.text for s in old) == items:
        return source
    raw: dict[str, list[list[str]]] = {}
    for span in old:
        raw.setdefault(span.text, []).append(layout.lines[span.start : span.end])
    loose = {s.start for s in old if not ITEM.match(bare(layout.lines[s.start]))}
    block: list[str] = []
    for item in items:
        kept = raw.get(item)
        lines = kept.pop(0) if kept else [f"- {item}{newline}"]
        if not ITEM.match(bare(lines[0])):
            lines = [f"- {item}{newline}"]
        block.extend(_ended(lines, newline))
    first = old[0].start if old else None
    if loose and len(loose) < len(old):
        first = next(s.start for s in old if s.start not in loose)
    removed = {n for s in old for n in range(s.start, s.end)}
    rebuilt = _rebuilt(layout, name, first, removed, block, newline)
    if not items and items_of(lay_out(rebuilt), name):
        # Text that stood beside the list would now be read as the list: an empty one stays.
        rebuilt = _rebuilt(layout, name, first, removed, [f"-{newline}"], newline)
    return rebuilt


def _normal_prompt(text: str) -> str:
    return re.sub(r"\r\n|\r", "\n", text).strip()


def _clean_item(text: str) -> str:
    """One line that reads back as itself: a list mark at its start would be taken for another."""
    before = None
    text = one_line(text)
    while text != before:
        before = text
        text = re.sub(r"^(?:[-*+•\u2013]|\d{1,3}[.)])[ \t]+", "", text).strip()
    return "" if text and BARE_ITEM.match(text) else text


def _with_value(source: str, key: str, value: str | None, newline: str) -> str:
    if not _KEY.match(key):
        raise _unwritable(
            f"“{key}” cannot be a metadata key: small letters, digits and _ only, a letter first."
        )
    layout = lay_out(source)
    spans = [s for s in entries_of(layout) if s.key == key]
    if value is None:
        if not spans:
            return source
        removed = {n for s in spans for n in range(s.start, s.end)}
        return "".join(line for n, line in enumerate(layout.lines) if n not in removed)
    if not spans:
        sections = [s for s in layout.sections if s[0] == METADATA]
        block = [f"- {key}: {value}".rstrip() + newline]
        entries = entries_of(layout)
        at = entries[-1].end if entries else (sections[-1][1] + 1 if sections else None)
        if at is not None:
            lines = layout.lines
            lead = [] if entries or (at < len(lines) and lines[at].strip()) else [newline]
            tail = [newline] if _would_continue(lines[at:]) else []
            return "".join([*_ended(lines[:at], newline), *lead, *block, *tail, *lines[at:]])
        return _rebuilt(layout, METADATA, None, set(), block, newline)
    shown = next((s for s in spans if s.text), spans[0])
    if shown.text == value:
        return source
    match = ENTRY.match(bare(layout.lines[shown.start]))
    assert match is not None
    head = match.string[: match.start("value")].rstrip()
    line = f"{head} {value}".rstrip() + _end_of(layout.lines[shown.start])
    # Other lines of the same key would show through an emptied one.
    others = {n for s in spans if s is not shown for n in range(s.start, s.end)}
    gone = {*range(shown.start + 1, shown.end), *(others if not value else ())}
    kept = {n: text for n, text in enumerate(layout.lines) if n not in gone}
    kept[shown.start] = line
    return "".join(kept[n] for n in sorted(kept))


def _rebuilt(
    layout: Layout,
    name: str,
    first: int | None,
    removed: set[int],
    block: list[str],
    newline: str,
) -> str:
    """The file without `removed` lines and with `block` where the first of them stood, else at
    the head of the section, else in a new section at the end (before the metadata)."""
    lines = layout.lines
    at = first
    lead: list[str] = []
    tail: list[str] = []
    if at is None:
        if not block:
            return "".join(lines)
        section = next((s for s in layout.sections if s[0] == name), None)
        if section is not None:
            at = section[1] + 1
            while at < section[2] and lines[at].strip():
                at += 1
            lead = [newline]
            tail = [newline] if at < section[2] and lines[at : section[2]] else []
        else:
            metadata = next((s for s in layout.sections if s[0] == METADATA), None)
            at = metadata[1] if metadata is not None else len(lines)
            blank = at > 0 and not lines[at - 1].strip()
            lead = [] if blank or at == 0 else [newline]
            lead += [f"## {TITLES[name]}{newline}", newline]
            tail = [newline] if at < len(lines) else []
    before = [line for n, line in enumerate(lines[:at]) if n not in removed]
    after = [line for n, line in enumerate(lines[at:], at) if n not in removed]
    if not tail and block and _would_continue(after):
        tail = [newline]
    return "".join([*_ended(before, newline), *lead, *block, *tail, *after])


def _would_continue(after: list[str]) -> bool:
    """True where the next line is indented, so that it would be read into a line put above it."""
    return bool(after) and after[0][:1] in (" ", "\t") and bool(after[0].strip())


def _ended(lines: list[str], newline: str) -> list[str]:
    if lines and not lines[-1].endswith(("\n", "\r")):
        return [*lines[:-1], lines[-1] + newline]
    return lines


def _end_of(line: str) -> str:
    return line[len(bare(line)) :]


def _newline_of(source: str) -> str:
    if "\r\n" in source:
        return "\r\n"
    if "\n" not in source and "\r" in source:
        return "\r"
    return "\n"


def _unwritable(sentence: str) -> PersonaError:
    return PersonaError(
        Problem(Stage.PERSONA, Reason.BAD_INPUT, sentence, "Change it and save again.")
    )
