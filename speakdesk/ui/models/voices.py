"""The voices of one service, searched while typing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from speakdesk.domain.voice import VoiceEntry, base_of, search_voices
from speakdesk.ui.languages import language_name

VOICE_ROLE = Qt.ItemDataRole.UserRole + 1
CURRENT_ROLE = Qt.ItemDataRole.UserRole + 2
Index = QModelIndex | QPersistentModelIndex


def about_voice(voice: VoiceEntry) -> str:
    """`German · female · yours`."""
    parts = (
        language_name(voice.language) if voice.language else "any language",
        voice.gender.lower(),
        "yours" if voice.is_own else "",
    )
    return " · ".join(part for part in parts if part)


class VoicesModel(QAbstractListModel):
    """`current` is the id of the persona's present voice."""

    def __init__(self, current: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current = current
        self._all: tuple[VoiceEntry, ...] = ()
        self._shown: tuple[VoiceEntry, ...] = ()

    @property
    def total(self) -> int:
        """How many voices the service has."""
        return len(self._all)

    def set_voices(self, voices: Sequence[VoiceEntry]) -> None:
        """Show these, all of them."""
        self.beginResetModel()
        self._all = self._shown = tuple(voices)
        self.endResetModel()

    def search(self, language: str, gender: str, words: str) -> None:
        """Show those of a language and a gender whose texts hold every word."""
        found = search_voices(self._all, language=language, gender=gender, words=words)
        if found != self._shown:
            self.beginResetModel()
            self._shown = found
            self.endResetModel()

    def languages(self) -> list[tuple[str, str]]:
        """Tag and name of the languages spoken, the name with the number of voices."""
        counts = Counter(base_of(voice.language) for voice in self._all if voice.language)
        named = [(tag, f"{language_name(tag)} ({number})") for tag, number in counts.items()]
        return sorted(named, key=lambda one: one[1].casefold())

    def has_genders(self) -> bool:
        """True where the service says which gender its voices have."""
        return any(voice.gender for voice in self._all)

    def row_of(self, voice_id: str) -> int:
        """The row of a voice; -1 where it is not shown."""
        return next((row for row, v in enumerate(self._shown) if v.id == voice_id), -1)

    def voice(self, row: int) -> VoiceEntry | None:
        """The voice of a row."""
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        voice = self.voice(index.row()) if index.isValid() else None
        if voice is None:
            return None
        if role == VOICE_ROLE:
            return voice
        if role == CURRENT_ROLE:
            return bool(self._current) and voice.id == self._current
        if role == Qt.ItemDataRole.DisplayRole:
            return voice.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{voice.name}, {about_voice(voice)}. {voice.description}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return voice.description
        return None
