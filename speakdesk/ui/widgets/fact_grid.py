"""Names and values in two columns, under headings; the values can be selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from speakdesk.ui.widgets.basics import label


class FactLine(Protocol):
    """One line; a heading has no value."""

    @property
    def name(self) -> str: ...

    @property
    def value(self) -> str: ...

    @property
    def is_heading(self) -> bool: ...


class FactGrid(QScrollArea):
    """`name` is what a screen reader calls it. Where only values change, a selection stays."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape: list[tuple[str, bool]] | None = None
        self._values: list[QLabel] = []
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(name)
        self.viewport().setAutoFillBackground(False)

    def show_facts(self, facts: Sequence[FactLine]) -> None:
        """Show these."""
        shape = [(fact.name, fact.is_heading) for fact in facts]
        if shape != self._shape:
            self._shape = shape
            self._build(facts)
            return
        values = (fact.value for fact in facts if not fact.is_heading)
        for widget, value in zip(self._values, values, strict=True):
            if widget.text() != value:
                widget.setText(value)

    @property
    def text(self) -> str:
        """All names and values."""
        names = [name for name, is_heading in self._shape or [] if not is_heading]
        pairs = zip(names, self._values, strict=True)
        return "\n".join(f"{name}: {value.text()}" for name, value in pairs)

    def _build(self, facts: Sequence[FactLine]) -> None:
        self._values = []
        inside = QWidget()
        inside.setObjectName("inside")
        grid = QGridLayout(inside)
        grid.setContentsMargins(4, 4, 12, 12)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, 132)
        grid.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignTop
        for row, fact in enumerate(facts):
            if fact.is_heading:
                heading = label(fact.name, strong=True)
                heading.setContentsMargins(0, 10 if row else 0, 0, 0)
                grid.addWidget(heading, row, 0, 1, 2)
                continue
            value = label(fact.value, wrap=True, selectable=True)
            value.setAccessibleName(fact.name)
            grid.addWidget(label(fact.name, tone="muted"), row, 0, top)
            grid.addWidget(value, row, 1, top)
            self._values.append(value)
        grid.setRowStretch(len(facts), 1)
        self.setWidget(inside)
