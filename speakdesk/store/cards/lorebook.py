"""A card's lorebook as knowledge files, and back (Character Card V2 and V3, `character_book`).

An entry is one file. Entries that are switched off are no knowledge and stay in the card.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from speakdesk.domain.persona import Knowledge
from speakdesk.store.cards.limits import MOST_FILES_EACH, is_safe_name

EXTENSION = "speakdesk"
_DECORATOR = re.compile(r"^@@@?\w.*$")
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*#\[\]{}]+')
_HEADING = re.compile(r"^#{1,3}\s+(.+?)\s*#*$", re.MULTILINE)
_LARGEST_ENTRY_LETTERS = 200_000


def knowledge_of(book: object) -> tuple[tuple[Knowledge, ...], tuple[str, ...]]:
    """The knowledge in a lorebook, and sentences on what is not taken from it."""
    notes: list[str] = []
    files = [Knowledge(name, text) for _, name, text in _named(book) if name]
    entries = _entries(book)
    off = sum(1 for entry in entries if entry.get("enabled") is False)
    if off:
        notes.append(f"{off} of {len(entries)} lorebook entries are switched off and not used.")
    if len(files) > MOST_FILES_EACH:
        notes.append(
            f"The lorebook has {len(files)} entries; the first {MOST_FILES_EACH} are used."
        )
    return tuple(files[:MOST_FILES_EACH]), tuple(notes)


def book_of(knowledge: Sequence[Knowledge], before: object, name: str) -> dict[str, Any] | None:
    """The lorebook of these files; `before` is the card's own, whose entries keep everything that
    is not the text. None where there is nothing to tell."""
    book: dict[str, Any] = copy.deepcopy(before) if isinstance(before, dict) else {}
    present = {item.name: item.text for item in knowledge}
    entries: list[Any] = []
    for entry, file_name, text in _named(before):
        if not file_name:
            entries.append(copy.deepcopy(entry))
            continue
        now = present.pop(file_name, None)
        if now is None:
            continue
        kept = dict(copy.deepcopy(entry))
        if now != text:
            kept["content"] = now
        entries.append(kept)
    highest = max((_order(entry) for entry in entries), default=0)
    for place, item in enumerate((k for k in knowledge if k.name in present), 1):
        entries.append(_new_entry(item, highest + place))
    if not entries and not book:
        return None
    book.setdefault("name", name)
    book.setdefault("extensions", {})
    book["entries"] = entries
    return book


def _new_entry(item: Knowledge, order: int) -> dict[str, Any]:
    title = item.name[: -len(".md")]
    headings = _HEADING.findall(item.text)[:8]
    keys = list(dict.fromkeys([re.sub(r"[_\-]+", " ", title).strip(), *headings]))
    return {
        "keys": [key for key in keys if key],
        "content": item.text,
        "extensions": {EXTENSION: {"file": item.name}},
        "enabled": True,
        "insertion_order": order,
        "use_regex": False,
        "constant": False,
        "name": title,
    }


def _order(entry: object) -> int:
    value = entry.get("insertion_order") if isinstance(entry, dict) else None
    return value if isinstance(value, int) else 0


def _entries(book: object) -> list[Mapping[str, Any]]:
    entries = book.get("entries") if isinstance(book, dict) else None
    if isinstance(entries, dict):
        # Some programs write their own export here, with the entries by number.
        entries = list(entries.values())
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _named(book: object) -> Iterator[tuple[Mapping[str, Any], str, str]]:
    """Each entry with its file's name, empty where it makes none, and its text."""
    taken = {"readme.md"}
    for number, entry in enumerate(_entries(book), 1):
        content = entry.get("content")
        if not isinstance(content, str) or entry.get("enabled") is False:
            yield entry, "", ""
            continue
        is_ours, name = _own_name(entry)
        text = content if is_ours else _without_decorators(content)[:_LARGEST_ENTRY_LETTERS]
        if not text.strip() and not is_ours:
            yield entry, "", ""
            continue
        stem, suffix = (name or _stem(entry, number)), 2
        name = f"{stem}.md"
        while name.casefold() in taken:
            name, suffix = f"{stem} {suffix}.md", suffix + 1
        taken.add(name.casefold())
        yield entry, name, text


def _own_name(entry: Mapping[str, Any]) -> tuple[bool, str]:
    extensions = entry.get("extensions")
    ours = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    name = ours.get("file") if isinstance(ours, dict) else None
    if isinstance(name, str) and name.lower().endswith(".md") and is_safe_name(name):
        return True, name[: -len(".md")]
    return False, ""


def _stem(entry: Mapping[str, Any], number: int) -> str:
    keys = entry.get("keys")
    first = keys[0] if isinstance(keys, list) and keys else ""
    for candidate in (entry.get("name"), entry.get("comment"), first):
        if isinstance(candidate, str):
            stem = " ".join(_UNFIT.sub(" ", candidate).split())[:60].strip(" .~")
            if stem and is_safe_name(f"{stem}.md"):
                return stem
    return f"Entry {number}"


def _without_decorators(content: str) -> str:
    lines = content.replace("\r\n", "\n").split("\n")
    while lines and (_DECORATOR.match(lines[0]) or not lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines)
