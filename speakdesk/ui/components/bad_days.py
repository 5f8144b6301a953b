"""Bad days of a practice launch: what shall go wrong, asked for on purpose."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from speakdesk.domain.incidents import Incidents
from speakdesk.ui.widgets.basics import label


class BadDay(StrEnum):
    """One thing that can go wrong in the practice room."""

    NONE = "Nothing goes wrong"
    REFUSED = "The host refuses the bot"
    DROPPED = "The bot's connection drops"
    REMOVED = "The host removes the bot"
    CROSSTALK = "A guest talks into your lines"


_LATER = (BadDay.DROPPED, BadDay.REMOVED)
_CROSSTALK = "Sorry, may I ask something in between?"


class BadDays(QWidget):
    """One row: how long in the lobby, and what happens."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self.lobby = _seconds("Time in the lobby", (5, 20, 60), "s in the lobby")
        self.lobby.insertItem(0, "No lobby", 0)
        self.lobby.setCurrentIndex(0)
        self.what = QComboBox()
        self.what.setAccessibleName("What goes wrong in the practice room")
        for day in BadDay:
            self.what.addItem(day.value, day)
        self.after = _seconds("When, after it was let in", (2, 5, 10, 30), "s after it came in")
        self.after.setCurrentIndex(1)
        self.words = QLineEdit(_CROSSTALK)
        self.words.setAccessibleName("What the guest says")
        row.addWidget(label("Practice", tone="muted"))
        row.addWidget(self.lobby)
        row.addWidget(self.what)
        row.addWidget(self.after)
        row.addWidget(self.words, 1)
        row.addStretch(1)
        self.what.currentIndexChanged.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        day = BadDay(self.what.currentData())
        self.after.setVisible(day in _LATER)
        self.words.setVisible(day is BadDay.CROSSTALK)

    @property
    def incidents(self) -> Incidents:
        """What was asked for."""
        day = BadDay(self.what.currentData())
        after_s = float(self.after.currentData())
        return Incidents(
            lobby_s=float(self.lobby.currentData()),
            refuse=day is BadDay.REFUSED,
            drop_after_s=after_s if day is BadDay.DROPPED else None,
            remove_after_s=after_s if day is BadDay.REMOVED else None,
            crosstalk=self.words.text().strip() if day is BadDay.CROSSTALK else "",
        )


def _seconds(name: str, choices: tuple[int, ...], words: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for seconds in choices:
        box.addItem(f"{seconds} {words}", seconds)
    return box
