"""A card as a persona, and a persona as a card.

| card | persona |
|---|---|
| name, nickname | name, aliases |
| system_prompt, description, scenario, mes_example, post_history_instructions | prompt |
| personality | characteristics |
| first_mes | greeting |
| tags | tags |
| character_book | knowledge files |
| extensions.speakdesk | the README.md itself, so that nothing is lost between two SpeakDesks |
| everything else | kept in `card.json` beside README.md, and written back |

A field that nobody changed goes back into the card as it came out of it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from speakdesk.domain.errors import PersonaError
from speakdesk.domain.persona import Persona
from speakdesk.store.cards.card import FILE, V2, V3, Card, read_card
from speakdesk.store.cards.lorebook import EXTENSION, book_of, knowledge_of
from speakdesk.store.personas.edit import source_of
from speakdesk.store.personas.file import clean_name, one_line
from speakdesk.store.personas.folder import in_order
from speakdesk.store.personas.join import with_source
from speakdesk.store.personas.places import key_from_name

_PROMPT_FIELDS = (
    "description",
    "scenario",
    "system_prompt",
    "mes_example",
    "post_history_instructions",
)
_LARGEST_SOURCE_LETTERS = 900_000
_BULLET = re.compile(r"^[-*•+\u2013]\s+")
_BOT = re.compile(r"\{\{\s*char\s*\}\}|<bot>|<char>", re.IGNORECASE)
_USER = re.compile(r"\{\{\s*user\s*\}\}|<user>", re.IGNORECASE)
_MACRO = re.compile(r"\{\{\s*(?:original|//[^{}]*)\s*\}\}|^<start>\s*$", re.IGNORECASE | re.M)
_ACTION = re.compile(r"\*[^*\n]{1,400}\*")


def persona_of(card: Card) -> tuple[Persona, tuple[str, ...]]:
    """The persona a card tells of, not saved, and sentences on what differs."""
    notes = list(card.notes)
    ours = card.extension(EXTENSION)
    readme = ours.get("readme")
    if isinstance(readme, str) and 0 < len(readme) <= _LARGEST_SOURCE_LETTERS:
        base = with_source(Persona(key="imported", name=""), readme)
        before: Card | None = Card(V3, fields_of(base))
    else:
        base, before = Persona(key="imported", name=""), None
    persona = base
    for read, write in _FIELDS:
        value = read(card)
        if before is None or value != read(before):
            persona = write(persona, value)
    files, more = knowledge_of(card.data.get("character_book"))
    notes.extend(more)
    knowledge = in_order(files, base.knowledge_order) if before is not None else files
    persona = replace(persona, knowledge=knowledge)
    if not persona.name:
        persona = replace(persona, name="Unnamed")
    key = ours.get("key")
    key = key if isinstance(key, str) and key == key_from_name(key) else ""
    return replace(persona, key=key or key_from_name(persona.name)), tuple(notes)


def fields_of(persona: Persona) -> dict[str, Any]:
    """The plain card fields of a persona."""
    return {
        "name": persona.name,
        "nickname": "",
        "description": persona.prompt,
        "personality": "\n".join(f"- {item}" for item in persona.characteristics),
        "scenario": "",
        "first_mes": persona.greeting,
        "mes_example": "",
        "creator_notes": persona.summary,
        "system_prompt": "",
        "post_history_instructions": "",
        "alternate_greetings": [],
        "group_only_greetings": [],
        "tags": list(persona.tags),
        "creator": "",
        "character_version": "",
    }


def card_of(persona: Persona, kept: Card | None, spec: str = V3) -> Card:
    """The card of a persona; `kept` is the one it was once made from."""
    mine = fields_of(persona)
    data: dict[str, Any] = copy.deepcopy(dict(kept.data)) if kept is not None else {}
    if kept is None:
        data = mine
    else:
        present = Card(V3, mine)
        for name, value in mine.items():
            data.setdefault(name, value if name in ("name", "tags") else type(value)())
        # The name comes first: what stands for it in other fields is filled with the new one.
        for names, read in _GROUPS:
            if read(present) != read(Card(V3, data)):
                data.update({name: mine[name] for name in names})
    if spec == V2:
        # Fields that V2 does not know stay out of a V2 card, unless they came in one.
        for name in ("nickname", "group_only_greetings"):
            if not data.get(name):
                data.pop(name, None)
    elif not data.get("nickname"):
        data.pop("nickname", None)
    book = book_of(
        persona.knowledge, kept.data.get("character_book") if kept else None, persona.name
    )
    if book is not None:
        data["character_book"] = book
    extensions = data.get("extensions")
    data["extensions"] = dict(extensions) if isinstance(extensions, dict) else {}
    data["extensions"][EXTENSION] = {
        "version": 1,
        "key": persona.key,
        "readme": source_of(persona),
        "has_picture": persona.picture is not None,
    }
    return Card(spec, data)


def kept_card(folder_files: Mapping[str, bytes]) -> Card | None:
    """The card a persona was imported from, where it is still beside its README.md."""
    content = folder_files.get(FILE)
    if content is None:
        return None
    try:
        card = read_card(content)
    except PersonaError:
        return None
    data = dict(card.data)
    extensions = data.get("extensions")
    if isinstance(extensions, dict):
        data["extensions"] = {k: v for k, v in extensions.items() if k != EXTENSION}
    return Card(card.spec, data)


def card_file(card: Card) -> bytes:
    """What is kept of an imported card: all of it but what the folder itself holds."""
    data = copy.deepcopy(dict(card.data))
    extensions = data.get("extensions")
    if isinstance(extensions, dict):
        extensions.pop(EXTENSION, None)
    value = Card(card.spec, data).to_json()
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


# -- the fields, one by one -----------------------------------------------------------------------


def _name(card: Card) -> str:
    return clean_name(card.text("name"))[:200]


def _prompt(card: Card) -> str:
    name = _name(card)
    system, description, scenario, examples, after = (
        _filled(card.text(field), name).strip()
        for field in (
            "system_prompt",
            "description",
            "scenario",
            "mes_example",
            "post_history_instructions",
        )
    )
    parts = [
        system,
        description,
        f"Scenario: {scenario}" if scenario else "",
        f"Examples of how you talk:\n\n{examples}" if examples else "",
        after,
    ]
    return "\n\n".join(part for part in parts if part)


def _characteristics(card: Card) -> tuple[str, ...]:
    text = _filled(card.text("personality"), _name(card)).strip()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) == 1 and not _BULLET.match(lines[0]):
        words = [w.strip(" .") for w in re.split(r"[,;]", lines[0]) if w.strip(" .")]
        if 1 < len(words) <= 16 and all(len(w) <= 40 for w in words):
            return tuple(words)
    return tuple(_BULLET.sub("", line) for line in lines)


def _greeting(card: Card) -> str:
    text = _USER.sub("there", _BOT.sub(lambda _: _name(card), card.text("first_mes")))
    text = _MACRO.sub("", text)
    # What stands between asterisks is acted, and a voice would read it out.
    spoken = " ".join(_ACTION.sub(" ", text).split())
    return one_line(spoken or " ".join(text.split()))


def _tags(card: Card) -> tuple[str, ...]:
    tags = (" ".join(re.split(r"[,;\s]+", tag)).strip() for tag in card.texts("tags"))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _nickname(card: Card) -> str:
    return " ".join(card.text("nickname").replace(",", " ").split())[:100]


def _filled(text: str, name: str) -> str:
    return _MACRO.sub("", _USER.sub("the user", _BOT.sub(lambda _: name, text)))


def _with_meta(persona: Persona, key: str, value: str) -> Persona:
    metadata = dict(persona.metadata)
    if value:
        metadata[key] = value
    else:
        metadata.pop(key, None)
    return replace(persona, metadata=metadata)


def _with_greeting(persona: Persona, value: str) -> Persona:
    name = "greeting" if persona.meta("greeting") or not persona.meta("entry_message") else ""
    return _with_meta(persona, name or "entry_message", value)


def _with_nickname(persona: Persona, value: str) -> Persona:
    if not value or value in (*persona.aliases, persona.name):
        return persona
    return _with_meta(persona, "aliases", ", ".join([*persona.aliases, value]))


_FIELDS: tuple[tuple[Callable[[Card], Any], Callable[[Persona, Any], Persona]], ...] = (
    (_name, lambda persona, value: replace(persona, name=value)),
    (_prompt, lambda persona, value: replace(persona, prompt=value)),
    (_characteristics, lambda persona, value: replace(persona, characteristics=value)),
    (_greeting, _with_greeting),
    (_tags, lambda persona, value: _with_meta(persona, "tags", ", ".join(value))),
    (_nickname, _with_nickname),
)
_GROUPS: tuple[tuple[tuple[str, ...], Callable[[Card], Any]], ...] = (
    (("name",), _name),
    (_PROMPT_FIELDS, _prompt),
    (("personality",), _characteristics),
    (("first_mes",), _greeting),
    (("tags",), _tags),
)
