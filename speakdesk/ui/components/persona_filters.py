"""What is shown of the library, and where new personas come from."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QWidget,
)

from speakdesk.ui.icons import icon
from speakdesk.ui.models.persona_cards import CardFilter, PersonaCards
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import button, label

_TYPING_MS = 80


class PersonaFilters(QWidget):
    """Emits `changed` with a CardFilter, and what a person asks for."""

    changed = Signal(object)
    new_asked = Signal()
    describe_asked = Signal()
    import_asked = Signal()
    folder_asked = Signal()
    deleted_asked = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        self._look = look
        self._timer = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._timer.timeout.connect(self._tell)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.words = QLineEdit()
        self.words.setPlaceholderText("Search personas")
        self.words.setAccessibleName("Search personas")
        self.words.setClearButtonEnabled(True)
        self.words.setMinimumWidth(160)
        self.words.textChanged.connect(lambda _text: self._timer.start())
        self._glass = self.words.addAction(
            icon(look.resources, "search", look.theme.muted),
            QLineEdit.ActionPosition.LeadingPosition,
        )
        self.language = self._combo("Language", "All languages")
        self.tag = self._combo("Tag", "All tags")
        self.own = QCheckBox("Only mine")
        self.own.toggled.connect(self._tell)
        self.number = label(tone="muted", size="small")
        row.addWidget(self.words, 1)
        row.addWidget(self.language)
        row.addWidget(self.tag)
        row.addWidget(self.own)
        row.addWidget(self.number)
        row.addSpacing(8)
        self.take_in = self._menu_button(
            "Import",
            ("Files: zip, character card, Markdown…", self.import_asked.emit),
            ("A folder…", self.folder_asked.emit),
            tip="Zip, folder or character card; or drop it on this page",
        )
        self.new = self._menu_button(
            "New persona",
            ("Describe it in a sentence…", self.describe_asked.emit),
            ("Write it yourself", self.new_asked.emit),
            ("Bring back a deleted one…", self.deleted_asked.emit),
            kind="primary",
        )
        row.addWidget(self.take_in)
        row.addWidget(self.new)
        look.changed.connect(self._recolour)

    def _combo(self, name: str, everything: str) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.addItem(everything, "")
        combo.setMaximumWidth(190)
        combo.activated.connect(lambda _row: self._tell())
        return combo

    def _menu_button(
        self, text: str, *acts: tuple[str, object], kind: str = "", tip: str = ""
    ) -> QPushButton:
        made = button(f"{text} ▾", kind=kind, tip=tip, name=text)
        menu = QMenu(made)
        for words, act in acts:
            menu.addAction(words).triggered.connect(act)
        made.setMenu(menu)
        return made

    @property
    def filter(self) -> CardFilter:
        """What is chosen now."""
        return CardFilter(
            self.words.text(),
            str(self.language.currentData() or ""),
            str(self.tag.currentData() or ""),
            self.own.isChecked(),
        )

    def clear(self) -> None:
        """Show everything."""
        self.words.clear()
        self.language.setCurrentIndex(0)
        self.tag.setCurrentIndex(0)
        self.own.setChecked(False)
        self._tell()

    def offer(self, cards: PersonaCards) -> None:
        """Offer the languages and tags there are, and say how many cards are shown."""
        languages = [(f"{name} ({number})", tag) for tag, name, number in cards.languages()]
        self._fill(self.language, languages)
        self._fill(self.tag, [(f"{tag} ({number})", tag) for tag, number in cards.tags()])
        self.tag.setEnabled(self.tag.count() > 1)
        self.tell_number(cards)

    def tell_number(self, cards: PersonaCards) -> None:
        """Say how many of the library's cards are shown."""
        shown, total = cards.rowCount(), cards.total
        self.number.setText(f"{total}" if shown == total else f"{shown} of {total}")
        self.number.setAccessibleName(f"{shown} of {total} personas are shown")

    def _fill(self, combo: QComboBox, wanted: list[tuple[str, str]]) -> None:
        there = [(combo.itemText(n), combo.itemData(n)) for n in range(1, combo.count())]
        if there == wanted:
            return
        chosen = combo.currentData()
        while combo.count() > 1:
            combo.removeItem(1)
        for words, value in wanted:
            combo.addItem(words, value)
        combo.setCurrentIndex(max(0, combo.findData(chosen)))
        if combo.currentData() != chosen:
            self._tell()

    def _tell(self) -> None:
        self._timer.stop()
        self.changed.emit(self.filter)

    def _recolour(self) -> None:
        self._glass.setIcon(icon(self._look.resources, "search", self._look.theme.muted))
