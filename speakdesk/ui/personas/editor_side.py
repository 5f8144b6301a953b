"""The file's own side: Markdown, how it reads, what a model is told, changes, earlier saves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QStringListModel, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QPlainTextEdit,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from speakdesk.domain.persona_issues import PersonaIssue, Severity
from speakdesk.ui.personas.editor_preview import HarmlessBrowser
from speakdesk.ui.personas.editor_text import FileText, MarkdownColours, read_only_text
from speakdesk.ui.personas.editor_versions import VersionsPane
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import label

MARKDOWN, READS, TOLD, CHANGES, SAVES = range(5)
_TITLES = ("Markdown", "Preview", "For the model", "Changes", "Saves")
_SEVERITIES = {Severity.ERROR: "Wrong", Severity.WARNING: "Note well", Severity.NOTE: "Note"}


class PersonaSide(QWidget):
    """Emits `shown` with the tab that came up."""

    shown = Signal(int)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 4, 14, 12)
        column.setSpacing(0)
        self.tabs = QTabBar()
        self.tabs.setObjectName("panel")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setAccessibleName("Views of the file")
        for title in _TITLES:
            self.tabs.addTab(title)
        self.pages = QStackedWidget()
        self.pages.addWidget(self._make_markdown(look))
        self.reads = HarmlessBrowser("The persona's file as it reads")
        self.pages.addWidget(self.reads)
        self.pages.addWidget(self._make_told())
        self.changes = read_only_text("What was changed since the last save", is_diff_of=look)
        self.pages.addWidget(_below(self.changes))
        self.versions = VersionsPane(look)
        self.pages.addWidget(self.versions)
        self.tabs.currentChanged.connect(self._on_tab)
        column.addWidget(self.tabs)
        column.addWidget(self.pages, 1)

    def _make_markdown(self, look: Look) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(8)
        self.text = FileText("README.md of the persona")
        self.text.set_fixed_width()
        self._colours = MarkdownColours(look, self.text)
        column.addWidget(self.text, 1)
        self._issues: tuple[PersonaIssue, ...] = ()
        self._issue_model = QStringListModel(self)
        self.issues = QListView()
        self.issues.setModel(self._issue_model)
        self.issues.setAccessibleName("What is wrong in the files, by line")
        self.issues.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.issues.setWordWrap(True)
        self.issues.setMaximumHeight(112)
        self.issues.viewport().setAutoFillBackground(False)
        self.issues.setProperty("rows", "true")
        self.issues.activated.connect(self._on_issue)
        self.issues.clicked.connect(self._on_issue)
        column.addWidget(self.issues)
        self.issues.setVisible(False)
        return holder

    def _make_told(self) -> QWidget:
        self.told: QPlainTextEdit = read_only_text("What the language model is told")
        self.told_count = label(tone="muted", size="small", wrap=True)
        return _below(self.told, self.told_count)

    @property
    def current(self) -> int:
        """The tab that is up."""
        return self.tabs.currentIndex()

    def show_issues(self, issues: Sequence[PersonaIssue]) -> None:
        """List what is wrong under the Markdown; choosing one goes to its line."""
        if tuple(issues) == self._issues:
            return
        self._issues = tuple(issues)
        words = []
        for issue in issues:
            where = f"line {issue.line}" if issue.line else issue.file
            words.append(f"{_SEVERITIES[issue.severity]}, {where}: {issue.sentence}")
        self._issue_model.setStringList(words)
        self.issues.setVisible(bool(words))

    def _on_issue(self, index: QModelIndex) -> None:
        issue = self._issues[index.row()]
        if issue.line:
            self.text.go_to_line(issue.line)
            self.text.setFocus()

    def _on_tab(self, place: int) -> None:
        self.pages.setCurrentIndex(place)
        self.shown.emit(place)


def _below(main: QWidget, *more: QWidget) -> QWidget:
    """A page of these, the first as large as there is room."""
    holder = QWidget()
    holder.setObjectName("transparent")
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 10, 0, 0)
    column.setSpacing(6)
    column.addWidget(main, 1)
    for one in more:
        column.addWidget(one)
    return holder
