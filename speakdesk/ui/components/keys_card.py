"""Keys in the settings: where each comes from, and a line that takes a new one unseen."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from speakdesk.app.offers import KeyOffer, key_offers
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.ui.face import Face, next_words
from speakdesk.ui.widgets.basics import button, label, set_tone
from speakdesk.ui.widgets.status import StatusLabel

CHECKED_BY = {"MEETING_BAAS_API_KEY": "meetingbaas"}
"""The provider that can say what a key is worth."""

_VERDICTS = {
    "full": ("Full key", "good"),
    "sending_only": ("Sending only", "attention"),
    "refused": ("Refused", "bad"),
    "missing": ("Not set", "muted"),
    "unknown": ("Not known", "attention"),
    "not_needed": ("Not needed", "good"),
}


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
        for number, offer in enumerate(key_offers()):
            self._add_row(grid, 2 * number, offer)
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
        line.textChanged.connect(lambda text, o=offer, b=save: b.setEnabled(self._is_new(o, text)))
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
        if offer.name in CHECKED_BY:
            grid.addLayout(self._make_check(offer), row + 1, 1, 1, 3)
        self._states[offer.name] = state
        self._lines[offer.name] = line
        self._removes[offer.name] = remove

    def _is_new(self, offer: KeyOffer, text: str) -> bool:
        known = "" if offer.is_secret else self._face.desk.keys.keys.get(offer.name)
        return text.strip() not in ("", known)

    def _make_check(self, offer: KeyOffer) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        self.check = button("Check", kind="small", name=f"Check the key of {offer.title}")
        self.check.setToolTip("Ask the provider what this key may do")
        self.check.clicked.connect(lambda: self._on_check(offer.name))
        self._verdict = StatusLabel(self._face.look)
        self._verdict.setFixedWidth(120)
        self._verdict.setVisible(False)
        self._words = label(tone="muted", size="small", wrap=True, selectable=True)
        row.addWidget(self.check, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._verdict, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        return row

    def _on_check(self, name: str) -> None:
        self.check.setEnabled(False)
        self.check.setText("Checking…")
        self._face.tasks.start(self._check(CHECKED_BY[name]), "check key", preempt=True)

    async def _check(self, provider: str) -> None:
        try:
            found = await self._face.desk.check_key(provider)
        except SpeakDeskError as e:
            self._show_verdict("unknown", str(e.problem))
        else:
            words = next_words(found.problem) if found.problem is not None else ""
            self._show_verdict(str(found.verdict), f"{found.sentence} {words}".strip())
        finally:
            self.check.setEnabled(True)
            self.check.setText("Check")

    def _show_verdict(self, verdict: str, words: str) -> None:
        kind, tone = _VERDICTS.get(verdict, (verdict, "attention"))
        self._verdict.set_status(kind, tone)
        self._verdict.setVisible(True)
        self._words.setText(words)

    @property
    def verdict(self) -> tuple[str, str]:
        """What the last check found: the kind of the key, and the sentence."""
        return self._verdict.text, self._words.text()

    def refresh(self) -> None:
        """Show where each key comes from now; of secrets never a value."""
        keys = self._face.desk.keys
        for offer in key_offers():
            line = self._lines[offer.name]
            if not offer.is_secret and not line.hasFocus() and not line.isModified():
                line.setText(keys.keys.get(offer.name))
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
            line = self._lines[name]
            if line.text().strip() == value:
                line.clear()
                line.setModified(False)
        self.refresh()
