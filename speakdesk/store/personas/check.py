"""What is wrong with a persona's files, told with the file and the line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from rapidfuzz import fuzz, process

from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_issues import PersonaIssue, Severity
from speakdesk.domain.persona_keys import (
    GENDERS,
    NO,
    PERSONA_KEYS,
    YES,
    PersonaKey,
    ValueKind,
    find_key,
)
from speakdesk.domain.persona_size import GREETING_LETTERS, PersonaSize, size_of
from speakdesk.domain.picture import kind_of
from speakdesk.store.personas.file import Layout, Span, bare, entries_of, items_of, lay_out
from speakdesk.store.personas.folder import README, BrokenPersona, list_files

SNAKE_CASE = re.compile(r"^[a-z][a-z0-9_]{0,63}\Z")
_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|[0-9]{3}))?\Z")
_UUID = re.compile(r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_KNOWN_SECTIONS = ("characteristics", "voice", "metadata")
_FENCE = re.compile(r"^[ \t]{0,3}(?:```|~~~)")
# ISO 639-1, and the codes of three letters that speech services use.
_LANGUAGE_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu "
    "hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb "
    "lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om "
    "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw "
    "ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
    "fil yue cmn gsw ast ceb haw"
)
_LANGUAGES = frozenset(_LANGUAGE_CODES.split())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words a file may use: service names by role (`stt`, `llm`, `tts`) and tool names.

    `model_of` tells which model a persona would think with here; empty is the one its file names.
    """

    services: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    model_of: Callable[[Persona], str] = lambda _persona: ""


def check_broken(broken: BrokenPersona) -> PersonaIssue:
    """The issue of a folder that could not be read."""
    return PersonaIssue(README, broken.line, "file", broken.sentence)


def check_persona(persona: Persona, words: Vocabulary) -> tuple[PersonaIssue, ...]:
    """Everything wrong with a persona, by file and line. Looks into its folder: blocking."""
    layout = lay_out(persona.source)
    size = size_of(persona, words.model_of(persona))
    found = [
        *_check_text(persona, layout, size),
        *_check_voice(layout),
        *_check_metadata(persona, layout, words),
        *_check_files(persona, size),
    ]
    return tuple(sorted(found, key=lambda i: (i.file != README, i.file, i.line)))


def _issue(
    line: int, where: str, sentence: str, severity: Severity = Severity.ERROR
) -> PersonaIssue:
    return PersonaIssue(README, line, where, sentence, severity)


def _check_text(persona: Persona, layout: Layout, size: PersonaSize) -> Iterator[PersonaIssue]:
    if persona.folder is not None and not SNAKE_CASE.match(persona.folder.name):
        yield _issue(
            0,
            "key",
            f"The folder is called “{persona.folder.name}”; small letters, digits and _ only, a "
            "letter first, are easier to name in a terminal and elsewhere.",
            Severity.WARNING,
        )
    if layout.title is None and persona.source:
        yield _issue(
            1,
            "name",
            f"There is no “# Name” at the top, so it is called {persona.name}.",
            Severity.WARNING,
        )
    start = layout.prompt_start + 1
    if not persona.prompt:
        yield _issue(
            start,
            "prompt",
            "There is no prompt under the name, so it has no task.",
            Severity.WARNING,
        )
    if size.prompt_left_out:
        yield _issue(
            start,
            "prompt",
            f"The prompt has {size.prompt:,} letters and the model is told the first "
            f"{size.room.prompt:,}; move what it should know into a knowledge file.",
            Severity.WARNING,
        )
    in_fence = False
    headings = {heading for _, heading, _ in layout.sections}
    fenced: set[int] = set()
    for number, line in enumerate(layout.lines):
        if number in headings:
            if in_fence:
                fenced.add(number)
                yield _issue(
                    number + 1,
                    "prompt",
                    "This “## ” stands in a code block and begins a section all the same; write "
                    "\\## where it belongs to the text.",
                    Severity.WARNING,
                )
        elif _FENCE.match(line):
            in_fence = not in_fence
    for name, heading, end in layout.sections:
        if name in _KNOWN_SECTIONS or heading in fenced:
            continue
        if any(n.strip() for n in layout.lines[heading + 1 : end]):
            title = bare(layout.lines[heading]).strip().lstrip("#").strip()
            yield _issue(
                heading + 1,
                "prompt",
                f"The section “{title}” is kept, and the model is not told it; put it above the "
                "first “## ” or into a knowledge file.",
                Severity.NOTE,
            )


def _check_voice(layout: Layout) -> Iterator[PersonaIssue]:
    for name, heading, _ in layout.sections:
        if name == "voice" and not items_of(layout, "voice"):
            yield _issue(
                heading + 1,
                "voice",
                "The section Voice says nothing; list the tone of voice, one item to a line.",
                Severity.NOTE,
            )
            return
    for span in items_of(layout, "voice"):
        match = re.match(r"^(cartesia_voice_id|gender|language_code|image)\s*:", span.text, re.I)
        if match is not None:
            yield _issue(
                span.start + 1,
                "voice",
                f"“{match[1]}” stands under Voice, where it is read as a tone of voice; it "
                "belongs under Metadata.",
            )


def _check_metadata(persona: Persona, layout: Layout, words: Vocabulary) -> Iterator[PersonaIssue]:
    seen: dict[str, Span] = {}
    for span in entries_of(layout):
        first = seen.setdefault(span.key, span)
        if first is not span:
            if first.text and span.text and first.text != span.text:
                yield _issue(
                    span.start + 1,
                    span.key,
                    f"{span.key} is given twice; line {first.start + 1} counts.",
                    Severity.WARNING,
                )
            if first.text or not span.text:
                continue
            seen[span.key] = span
        key = find_key(span.key)
        if key is None:
            near = _misspelt(span.key)
            if near:
                yield _issue(
                    span.start + 1,
                    span.key,
                    f"{span.key} means nothing here; did you mean {near}?",
                    Severity.WARNING,
                )
        elif span.text:
            for sentence, severity in _CHECKS[key.kind](key, span.text, persona, words):
                yield _issue(span.start + 1, span.key, sentence, severity)
    greeting = next((seen[k] for k in ("greeting", "entry_message") if k in seen), None)
    if greeting is not None and len(persona.greeting) > GREETING_LETTERS:
        yield _issue(
            greeting.start + 1,
            greeting.key,
            f"The greeting has {len(persona.greeting):,} letters; it is spoken whole, and people "
            "wait until it ends.",
            Severity.WARNING,
        )


Found = Iterator[tuple[str, Severity]]


def _choice(key: PersonaKey, text: str, _persona: Persona, _words: Vocabulary) -> Found:
    value = text.strip().upper() if key.choices is GENDERS else text.strip().lower()
    if value not in key.choices:
        name = key.name.replace("_", " ")
        yield (
            f"“{text}” is no {name} here; it can be {_either(key.choices)}, or empty.",
            Severity.ERROR,
        )


def _language(_key: PersonaKey, text: str, _persona: Persona, _words: Vocabulary) -> Found:
    base = re.split(r"[-_]", text)[0].lower()
    if not _LANGUAGE.match(text) or base not in _LANGUAGES:
        yield f"“{text}” is no language tag; write en, de or pt-BR.", Severity.ERROR


def _links(_key: PersonaKey, _text: str, persona: Persona, _words: Vocabulary) -> Found:
    for link in persona.links:
        if not _is_web(link):
            yield (
                f"“{link}” is no address that begins with http:// or https://; separate links "
                "by spaces.",
                Severity.ERROR,
            )


def _address(_key: PersonaKey, text: str, _persona: Persona, _words: Vocabulary) -> Found:
    if not _is_web(text):
        yield f"“{text}” is no address that begins with http:// or https://.", Severity.ERROR
    elif (parts := urlsplit(text)).username or parts.password:
        yield "An address here holds no user name or password.", Severity.ERROR


def _image(_key: PersonaKey, text: str, persona: Persona, _words: Vocabulary) -> Found:
    if _is_web(text):
        if text.lower().startswith("http://"):
            yield (
                "Meetings show pictures from https:// addresses only; this one is http://.",
                Severity.WARNING,
            )
        return
    if persona.folder is None or re.match(r"^[a-z][a-z0-9+.-]*:", text, re.I):
        yield f"“{text}” is no https:// address and no file beside README.md.", Severity.ERROR
    elif persona.picture is None or persona.picture.name.casefold() != (
        text.removeprefix("./").casefold()
    ):
        yield f"There is no picture “{text}” beside README.md.", Severity.ERROR


def _yes_no(key: PersonaKey, text: str, _persona: Persona, _words: Vocabulary) -> Found:
    if text.strip().lower() not in (*YES, *NO):
        yield f"“{text}” is neither yes nor no, which {key.name} needs.", Severity.ERROR


def _number(key: PersonaKey, text: str, _persona: Persona, _words: Vocabulary) -> Found:
    try:
        fits = key.least <= float(text) <= key.most
    except ValueError:
        fits = False
    if not fits:
        yield (
            f"“{text}” is no number from {key.least:g} to {key.most:g}, which {key.name} needs.",
            Severity.ERROR,
        )


def _service(key: PersonaKey, text: str, _persona: Persona, words: Vocabulary) -> Found:
    known = words.services.get(key.name, frozenset())
    if known and text.strip().lower() not in known:
        yield (
            f"There is no service “{text}” for {key.name}{_did_you_mean(text, known)}; there are "
            f"{', '.join(sorted(known))}.",
            Severity.ERROR,
        )


def _tools(_key: PersonaKey, _text: str, persona: Persona, words: Vocabulary) -> Found:
    for tool in persona.tools or ():
        if words.tools and tool not in words.tools:
            yield (
                f"There is no tool “{tool}”{_did_you_mean(tool, words.tools)}; there are "
                f"{', '.join(sorted(words.tools))}, or none.",
                Severity.ERROR,
            )


def _voice(key: PersonaKey, text: str, _persona: Persona, _words: Vocabulary) -> Found:
    if key.name == "cartesia_voice_id" and not _UUID.match(text):
        yield (
            f"“{text}” is no Cartesia voice; they look like f786b574-daa5-4673-aa0c-cbe3e8534c02.",
            Severity.ERROR,
        )


def _list(key: PersonaKey, _text: str, persona: Persona, _words: Vocabulary) -> Found:
    if key.name == "knowledge_order":
        there = {item.name.casefold() for item in persona.knowledge}
        for name in persona.knowledge_order:
            if name.casefold() not in there:
                yield f"There is no knowledge file “{name}”.", Severity.WARNING


def _text(_key: PersonaKey, _text: str, _persona: Persona, _words: Vocabulary) -> Found:
    return iter(())


_CHECKS: Mapping[ValueKind, Callable[[PersonaKey, str, Persona, Vocabulary], Found]] = {
    ValueKind.TEXT: _text,
    ValueKind.CHOICE: _choice,
    ValueKind.LANGUAGE: _language,
    ValueKind.LINKS: _links,
    ValueKind.IMAGE: _image,
    ValueKind.LIST: _list,
    ValueKind.YES_NO: _yes_no,
    ValueKind.NUMBER: _number,
    ValueKind.SERVICE: _service,
    ValueKind.TOOLS: _tools,
    ValueKind.ADDRESS: _address,
    ValueKind.VOICE: _voice,
}


def _check_files(persona: Persona, size: PersonaSize) -> Iterator[PersonaIssue]:
    if persona.picture is not None and not _is_picture(persona.picture):
        yield PersonaIssue(
            persona.picture.name,
            0,
            "picture",
            f"{persona.picture.name} is no picture, whatever its name says; choose a PNG, JPEG "
            "or WebP file.",
        )
    if persona.folder is not None:
        try:
            files = list_files(persona.folder)
        except OSError:
            files = None
        read = {item.name for item in persona.knowledge}
        for name in files.knowledge if files is not None else ():
            if name not in read:
                yield PersonaIssue(
                    name, 0, "knowledge", f"{name} is no text and is not used.", Severity.WARNING
                )
    if size.knowledge_left_out:
        largest = max(persona.knowledge, key=lambda item: len(item.text))
        yield PersonaIssue(
            largest.name,
            0,
            "knowledge",
            f"The knowledge files have {size.knowledge:,} letters together and a model is told "
            f"{size.room.knowledge:,} of them; the longest are shortened.",
            Severity.WARNING,
        )


def _is_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(12)
    except OSError:
        return False
    return bool(kind_of(start)) or start.startswith((b"GIF87a", b"GIF89a"))


def _is_web(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _misspelt(name: str) -> str:
    found = process.extractOne(
        name, [key.name for key in PERSONA_KEYS], scorer=fuzz.ratio, score_cutoff=86
    )
    return str(found[0]) if found else ""


def _did_you_mean(text: str, known: frozenset[str]) -> str:
    found = process.extractOne(text.lower(), sorted(known), scorer=fuzz.WRatio, score_cutoff=70)
    return f" (did you mean {found[0]}?)" if found else ""


def _either(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
