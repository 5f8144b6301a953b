"""The last saves of a persona: when, what differs from now, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListView, QVBoxLayout, QWidget

from speakdesk.app.personas.shelf import PersonaVersion
from speakdesk.ui.personas.editor_text import read_only_text
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import button, label
from speakdesk.ui.widgets.empty import EmptyNote


def saved_words(when: datetime, now: datetime | None = None) -> str:
    """`Today 14:02` or `20 Nov 2026 14:02`, in the computer's own time."""
    local = when.astimezone()
    today = (now or datetime.now().astimezone()).date()
    day = "Today" if local.date() == today else f"{local.day} {local:%b %Y}"
    return f"{day} {local:%H:%M:%S}"


class VersionsPane(QWidget):
    """Emits `compared` and `restored` with a version's id."""

    compared = Signal(str)
    restored = Signal(str)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._versions: tuple[PersonaVersion, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        self.model = QStringListModel(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setAccessibleName("Earlier saves")
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setFixedHeight(150)
        self.list.viewport().setAutoFillBackground(False)
        self.list.setProperty("rows", "true")
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.diff = read_only_text("What differs between that save and now", is_diff_of=look)
        self.same = label(tone="muted", size="small", wrap=True)
        row = QHBoxLayout()
        self.back = button(
            "Bring this back",
            kind="small",
            tip="Its text comes into the editor; nothing is written until you save",
        )
        self.back.clicked.connect(self._on_back)
        row.addWidget(self.same, 1)
        row.addWidget(self.back, 0, Qt.AlignmentFlag.AlignRight)
        self.empty = EmptyNote(
            "The last saves of this persona appear here, to compare with and to go back to.",
            "Change something and save it.",
        )
        column.addWidget(self.list)
        column.addWidget(self.diff, 1)
        column.addLayout(row)
        column.addWidget(self.empty, 1)
        self.show_versions(())

    @property
    def current_id(self) -> str:
        """The chosen version; empty for none."""
        row = self.list.currentIndex().row()
        return self._versions[row].id if 0 <= row < len(self._versions) else ""

    def show_versions(self, versions: Sequence[PersonaVersion]) -> None:
        """List these, the newest first, and choose the one before the newest."""
        self._versions = tuple(versions)
        has_any = bool(versions)
        for one in (self.list, self.diff, self.same, self.back):
            one.setVisible(has_any)
        self.empty.setVisible(not has_any)
        names = [f"{saved_words(v.saved)}{f' · {v.why}' if v.why else ''}" for v in versions]
        self.model.setStringList(names)
        if has_any:
            self.list.setCurrentIndex(self.model.index(min(1, len(names) - 1)))

    def show_diff(self, version_id: str, diff: str) -> None:
        """Show what differs from a version, if it is still the chosen one."""
        if version_id == self.current_id:
            self.diff.setPlainText(diff)
            self.same.setText("" if diff else "The text is the same as now.")
            self.back.setEnabled(bool(diff))

    def _on_current(self) -> None:
        if self.current_id:
            self.compared.emit(self.current_id)

    def _on_back(self) -> None:
        if self.current_id:
            self.restored.emit(self.current_id)
