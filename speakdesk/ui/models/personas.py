"""The personas as a list model with a search text and an ordered choice."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from speakdesk.domain.persona import Persona
from speakdesk.ui.languages import language_name

PERSONA_ROLE = Qt.ItemDataRole.UserRole + 1
CHOSEN_ROLE = Qt.ItemDataRole.UserRole + 2
Index = QModelIndex | QPersistentModelIndex


def role_words(persona: Persona) -> str:
    """`Sales sparring`: the file's role in a few words, or else what its folder is called."""
    words = persona.meta("role") or re.sub(r"[_-]+", " ", persona.key).strip()
    if words.casefold() == persona.name.casefold():
        words = persona.role
    return words[:1].upper() + words[1:]


def subtitle(persona: Persona) -> str:
    """`Interviewer · English`."""
    parts = [role_words(persona), language_name(persona.language)]
    return " · ".join(part for part in parts if part)


class SoughtTexts:
    """What a search looks at, worked out once for each persona as long as it stays the same."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[Persona, str]] = {}

    def of(self, persona: Persona) -> str:
        """Name, key, role, language, traits and tags in one folded text."""
        known = self._texts.get(persona.key)
        if known is not None and known[0] is persona:
            return known[1]
        words = (*persona.characteristics, *persona.tags, *persona.aliases)
        parts = (persona.name, persona.key, subtitle(persona), persona.meta("summary"), *words)
        text = " ".join(parts).casefold()
        self._texts[persona.key] = (persona, text)
        return text


class PersonasModel(QAbstractListModel):
    """The personas that match the search; `chosen` are the ones a launch takes, in that order."""

    chosen_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[Persona, ...] = ()
        self._shown: list[Persona] = []
        self._chosen: list[str] = []
        self._text = ""
        self._sought = SoughtTexts()

    def set_personas(self, personas: Iterable[Persona]) -> None:
        """Show this library; chosen personas that are gone are given up."""
        self._all = tuple(personas)
        keys = {persona.key for persona in self._all}
        before = list(self._chosen)
        self._chosen = [key for key in self._chosen if key in keys]
        self._refill()
        if before != self._chosen:
            self.chosen_changed.emit()

    def search(self, text: str) -> None:
        """Show what holds every word of `text` in its name, role, language, traits or tags."""
        if text != self._text:
            self._text = text
            self._refill()

    def _refill(self) -> None:
        words = self._text.casefold().split()
        self.beginResetModel()
        self._shown = [p for p in self._all if all(word in self._sought.of(p) for word in words)]
        self.endResetModel()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The keys of the chosen personas."""
        return tuple(self._chosen)

    @property
    def chosen_personas(self) -> tuple[Persona, ...]:
        """The chosen personas, in the order they were chosen."""
        by_key = {persona.key: persona for persona in self._all}
        return tuple(by_key[key] for key in self._chosen if key in by_key)

    @property
    def total(self) -> int:
        """How many personas the library holds."""
        return len(self._all)

    @property
    def personas(self) -> tuple[Persona, ...]:
        """The whole library."""
        return self._all

    def choose(self, keys: Iterable[str]) -> None:
        """Choose exactly these."""
        known = {persona.key for persona in self._all}
        wanted = [key for key in dict.fromkeys(keys) if key in known]
        if wanted != self._chosen:
            self._chosen = wanted
            self._tell()

    def toggle(self, key: str) -> None:
        """Add a persona to the choice, or take it out."""
        if key in self._chosen:
            self.choose([k for k in self._chosen if k != key])
        else:
            self.choose([*self._chosen, key])

    def _tell(self) -> None:
        if self._shown:
            self.dataChanged.emit(
                self.index(0),
                self.index(len(self._shown) - 1),
                [CHOSEN_ROLE, Qt.ItemDataRole.CheckStateRole],
            )
        self.chosen_changed.emit()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        persona = self._shown[index.row()]
        is_chosen = persona.key in self._chosen
        if role == PERSONA_ROLE:
            return persona
        if role == CHOSEN_ROLE:
            return is_chosen
        if role == Qt.ItemDataRole.DisplayRole:
            return persona.name
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if is_chosen else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            chosen = ", chosen" if is_chosen else ""
            return f"{persona.name}, {subtitle(persona)}{chosen}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(dict.fromkeys((persona.name, subtitle(persona), persona.role)))
        return None
