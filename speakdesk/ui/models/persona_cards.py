"""The whole library as cards: searched, filtered, and with the folders that could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from speakdesk.domain.errors import Problem
from speakdesk.domain.persona import Persona
from speakdesk.domain.voice import base_of
from speakdesk.ui.languages import language_name
from speakdesk.ui.models.personas import PERSONA_ROLE, SoughtTexts, subtitle

if TYPE_CHECKING:
    from speakdesk.app.personas.shelf import BrokenPersona

BROKEN_ROLE = Qt.ItemDataRole.UserRole + 3
VOICE_ROLE = Qt.ItemDataRole.UserRole + 4
PLACE_ROLE = Qt.ItemDataRole.UserRole + 5
Index = QModelIndex | QPersistentModelIndex

YOURS, BUNDLED, SHARED, BROKEN = "Yours", "Bundled", "Shared folder", "Cannot be read"
UNSAVED = "● Not saved"


@dataclass(frozen=True, slots=True)
class VoiceLine:
    """A persona's voice in a few words, and why it will not do; None where it will."""

    words: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class CardFilter:
    """What is shown: `words` as typed, `language` as `de`, one `tag`, only the person's own."""

    words: str = ""
    language: str = ""
    tag: str = ""
    only_own: bool = False

    @property
    def is_open(self) -> bool:
        """True where it lets everything through."""
        return self == CardFilter()


class PersonaCards(QAbstractListModel):
    """`voice_of` and `is_own` are asked only for the cards that are looked at."""

    def __init__(
        self,
        voice_of: Callable[[Persona], VoiceLine],
        is_own: Callable[[Persona], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._voice_of = voice_of
        self._is_own = is_own
        self._all: tuple[Persona, ...] = ()
        self._broken: tuple[BrokenPersona, ...] = ()
        self._shown: list[Persona | BrokenPersona] = []
        self._unsaved: frozenset[str] = frozenset()
        self._filter = CardFilter()
        self._sought = SoughtTexts()
        self._voices: dict[str, tuple[Persona, VoiceLine]] = {}

    # -- what there is --------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """How many personas and broken folders there are in all."""
        return len(self._all) + len(self._broken)

    @property
    def personas(self) -> tuple[Persona, ...]:
        """The whole library."""
        return self._all

    @property
    def filter(self) -> CardFilter:
        """What is shown of it."""
        return self._filter

    def languages(self) -> list[tuple[str, str, int]]:
        """Tag, name and number of personas of each language, by name."""
        counts = Counter(base_of(persona.language) for persona in self._all)
        found = [(tag, language_name(tag), number) for tag, number in counts.items()]
        return sorted(found, key=lambda one: one[1].casefold())

    def tags(self) -> list[tuple[str, int]]:
        """The tags with the number of personas that have them, by name."""
        counts = Counter(tag.casefold() for persona in self._all for tag in persona.tags)
        return sorted(counts.items())

    def row_of(self, key: str) -> int:
        """The row of a persona or of a broken folder; -1 where it is not shown."""
        return next((row for row, one in enumerate(self._shown) if one.key == key), -1)

    # -- changing it ----------------------------------------------------------------------------

    def set_library(
        self, personas: Iterable[Persona], broken: Sequence[BrokenPersona] = ()
    ) -> None:
        """Show this library. Rows stay where they are as long as the same ones are shown."""
        self._all = tuple(personas)
        self._broken = tuple(broken)
        self._refill()

    def set_filter(self, wanted: CardFilter) -> None:
        """Show what passes this filter."""
        if wanted != self._filter:
            self._filter = wanted
            self._refill()

    def set_words(self, words: str) -> None:
        """Show what holds every word of `words`."""
        self.set_filter(replace(self._filter, words=words))

    def forget_voices(self) -> None:
        """Ask for the voices again: keys, settings or the list of voices have changed."""
        self._voices.clear()
        if self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1), [VOICE_ROLE])

    def set_unsaved(self, keys: frozenset[str]) -> None:
        """Mark the personas whose text was changed in the editor and not saved."""
        differing, self._unsaved = self._unsaved ^ keys, keys
        for key in differing:
            if (row := self.row_of(key)) >= 0:
                self.dataChanged.emit(self.index(row), self.index(row))

    def _refill(self) -> None:
        wanted = self._filter
        words = wanted.words.casefold().split()
        shown: list[Persona | BrokenPersona] = [p for p in self._all if self._passes(p, words)]
        if not (wanted.language or wanted.tag):
            shown += [b for b in self._broken if all(w in b.key.casefold() for w in words)]
        if [one.key for one in shown] == [one.key for one in self._shown]:
            changed = [n for n, one in enumerate(shown) if one is not self._shown[n]]
            self._shown = shown
            for row in changed:
                self.dataChanged.emit(self.index(row), self.index(row))
            return
        self.beginResetModel()
        self._shown = shown
        self.endResetModel()

    def _passes(self, persona: Persona, words: Sequence[str]) -> bool:
        wanted = self._filter
        if wanted.language and base_of(persona.language) != wanted.language:
            return False
        if wanted.tag and wanted.tag not in (tag.casefold() for tag in persona.tags):
            return False
        if wanted.only_own and not self._is_own(persona):
            return False
        text = self._sought.of(persona) if words else ""
        return all(word in text for word in words)

    # -- as a model -----------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        one = self._shown[index.row()]
        if not isinstance(one, Persona):
            return self._broken_data(one, role)
        match role:
            case _ if role == PERSONA_ROLE:
                return one
            case _ if role == VOICE_ROLE:
                return self.voice_of(one)
            case _ if role == PLACE_ROLE:
                return UNSAVED if one.key in self._unsaved else self.place_of(one)
            case Qt.ItemDataRole.DisplayRole:
                return one.name
            case Qt.ItemDataRole.AccessibleTextRole:
                problem = self.voice_of(one).problem
                trouble = f", {problem.sentence}" if problem is not None else ""
                unsaved = ", not saved" if one.key in self._unsaved else ""
                return f"{one.name}, {subtitle(one)}, {self.place_of(one)}{unsaved}{trouble}"
            case Qt.ItemDataRole.ToolTipRole:
                problem = self.voice_of(one).problem
                lines = (one.name, one.summary, problem.sentence if problem else "")
                return "\n".join(line for line in lines if line)
        return None

    def _broken_data(self, broken: BrokenPersona, role: int) -> Any:
        if role == BROKEN_ROLE:
            return broken
        if role == PLACE_ROLE:
            return BROKEN
        if role == Qt.ItemDataRole.DisplayRole:
            return broken.key
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{broken.key} cannot be read. {where_broken(broken)}: {broken.sentence}"
        return None

    def voice_of(self, persona: Persona) -> VoiceLine:
        """The persona's voice, asked once as long as the persona stays the same."""
        known = self._voices.get(persona.key)
        if known is not None and known[0] is persona:
            return known[1]
        line = self._voice_of(persona)
        self._voices[persona.key] = (persona, line)
        return line

    def place_of(self, persona: Persona) -> str:
        """Whose it is, in a word."""
        if self._is_own(persona):
            return YOURS
        return BUNDLED if persona.is_bundled else SHARED


def where_broken(broken: BrokenPersona) -> str:
    """`README.md, line 12`, or the folder where no line is meant."""
    return f"README.md, line {broken.line}" if broken.line else str(broken.folder)
