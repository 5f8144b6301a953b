"""Names of people, replaced by "Person 1", "Person 2" … the same way everywhere in a recording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from speakdesk.store.flight.format import (
    AudioIn,
    EventRecord,
    Header,
    LogRecord,
    Record,
    SocketRecord,
    Unknown,
)

# A part of a name shorter than this is too often another word.
_SHORTEST_PART = 3
_PART = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)*")
_NOBODY = frozenset({"", "Someone"})
_AS_THEY_ARE = frozenset({"kind", "at", "bot_id", "line_id", "state", "previous", "evidence"})


class Pseudonyms:
    """Replaces the names it has learned; `keep` are names that stay: those of bots.

    A name is learned where a roster, a speaker or a chat names it, and replaced from then on in
    every text, whole and in its parts. What is heard in the sound stays.
    """

    def __init__(self, keep: Iterable[str] = ()) -> None:
        self.keep = frozenset(keep)
        self._of: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._words: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many people have been replaced."""
        return len(self._of)

    def learn(self, record: Record) -> None:
        """Learn the names a record shows."""
        if isinstance(record, AudioIn):
            for name in record.speakers:
                self._learn(name)
        elif isinstance(record, EventRecord):
            data = record.data
            for key in ("names", "speaking"):
                found = data.get(key)
                for name in found if isinstance(found, list) else ():
                    self._learn(str(name))
            is_bot = data.get("is_bot") or data.get("from_bot")
            for key in ("speaker", "sender"):
                if isinstance(data.get(key), str) and not is_bot:
                    self._learn(str(data[key]))

    def hide(self, record: Record) -> Record | None:
        """The record without the names learned so far; None for one that cannot be searched."""
        match record:
            case AudioIn():
                return replace(record, speakers=tuple(self.name(s) for s in record.speakers))
            case EventRecord():
                return replace(record, data=self._in_data(record.data))
            case LogRecord():
                return replace(record, text=self.text(record.text))
            case SocketRecord():
                return replace(record, reason=self.text(record.reason))
            case Header():
                return self.hide_header(record)
            case Unknown():
                return None
            case _:
                return record

    def hide_header(self, header: Header) -> Header:
        """The header without the names learned so far."""
        return replace(header, greeting=self.text(header.greeting), names_are_hidden=True)

    def name(self, name: str) -> str:
        """What stands for one name."""
        return self._of.get(name, name)

    def text(self, text: str) -> str:
        """A text with every name in it replaced."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._words[found[0]], text)

    def _learn(self, name: str) -> None:
        if name in self._of or name in self.keep or name in _NOBODY:
            return
        stands_in = f"Person {len(self._of) + 1}"
        self._of[name] = stands_in
        kept_words = {word for kept in self.keep for word in kept.split()}
        words = {name: stands_in}
        if " " in name:
            # As speech services without capitals write it; one word alone may be another word.
            words[name.casefold()] = stands_in
        for part in _PART.findall(name):
            if len(part) >= _SHORTEST_PART and part not in kept_words:
                words.setdefault(part, stands_in)
        for word, instead in words.items():
            self._words.setdefault(word, instead)
        longest_first = sorted(self._words, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")

    def _in_data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: value if key in _AS_THEY_ARE else self._in_value(value)
            for key, value in data.items()
        }

    def _in_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._of.get(value) or self.text(value)
        if isinstance(value, list):
            return [self._in_value(v) for v in value]
        if isinstance(value, Mapping):
            return self._in_data(value)
        return value
