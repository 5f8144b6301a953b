"""Keys in the settings: where each comes from, and a line that takes a new one unseen."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from speakdesk.app.offers import KeyOffer, key_offers
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import button, label, set_tone
from speakdesk.ui.widgets.status import StatusLabel


class KeysCard(QWidget):
    """One row a key; only a key kept in the computer's key store can be removed here."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._states: dict[str, StatusLabel] = {}
        self._lines: dict[str, QLineEdit] = {}
        self._removes: dict[str, QPushButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(2, 4)
        for row, offer in enumerate(key_offers()):
            self._add_row(grid, row, offer)
        column.addLayout(grid)
        self._note = label(tone="muted", size="small", wrap=True)
        column.addWidget(self._note)
        self.refresh()

    def _add_row(self, grid: QGridLayout, row: int, offer: KeyOffer) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(offer.title, strong=True))
        words.addWidget(label(offer.help, tone="muted", size="small", wrap=True))
        state = StatusLabel(self._face.look)
        state.setFixedWidth(164)
        line = QLineEdit()
        line.setAccessibleName(f"New value for {offer.title}")
        if offer.is_secret:
            line.setEchoMode(QLineEdit.EchoMode.Password)
            line.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData)
            line.setPlaceholderText(f"New key ({offer.name})")
        else:
            line.setPlaceholderText(f"New address or name ({offer.name})")
        save = button("Keep", kind="small", name=f"Keep {offer.title}")
        save.setEnabled(False)
        remove = button("Remove", kind="small", name=f"Remove {offer.title}")
        line.textChanged.connect(lambda text, b=save: b.setEnabled(bool(text.strip())))
        line.returnPressed.connect(lambda n=offer.name: self._on_keep(n))
        save.clicked.connect(lambda _on=False, n=offer.name: self._on_keep(n))
        remove.clicked.connect(lambda _on=False, n=offer.name: self._on_remove(n))
        actions = QHBoxLayout()
        actions.setSpacing(8)
        actions.addWidget(save)
        actions.addWidget(remove)
        actions.addStretch(1)
        grid.addLayout(words, row, 0)
        grid.addWidget(state, row, 1)
        grid.addWidget(line, row, 2)
        grid.addLayout(actions, row, 3)
        self._states[offer.name] = state
        self._lines[offer.name] = line
        self._removes[offer.name] = remove

    def refresh(self) -> None:
        """Show where each key comes from now; never a value."""
        keys = self._face.desk.keys
        for name, state in self._states.items():
            source = keys.source_of(name)
            words = f"from the {source}" if source and "/" not in source else f"from {source}"
            state.set_status(words if source else "not set", "good" if source else "muted", source)
            policy = self._removes[name].sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            self._removes[name].setSizePolicy(policy)
            self._removes[name].setVisible(source == "key store")
        problem = keys.problem
        self._note.setText(
            str(problem)
            if problem is not None
            else "Keys stay in this computer's key store. A key in the environment or in a .env "
            "file goes before it."
        )
        set_tone(self._note, "attention" if problem is not None else "muted")

    def states(self) -> Mapping[str, str]:
        """What is said about each key, by its name."""
        return {name: state.text for name, state in self._states.items()}

    def _on_keep(self, name: str) -> None:
        value = self._lines[name].text().strip()
        if value:
            self._face.tasks.start(self._set(name, value), "keep key")

    def _on_remove(self, name: str) -> None:
        self._face.tasks.start(self._set(name, ""), "remove key")

    async def _set(self, name: str, value: str) -> None:
        try:
            await self._face.desk.set_key(name, value)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
        else:
            if self._lines[name].text().strip() == value:
                self._lines[name].clear()
        self.refresh()
