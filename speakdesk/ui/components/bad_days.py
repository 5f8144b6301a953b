"""Bad days of a practice launch: what shall go wrong, asked for on purpose."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

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
    """One row: seconds in the lobby, and what happens."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self.lobby = _seconds("Seconds in the lobby", 0, 600, 0)
        self.lobby.setSpecialValueText("No lobby")
        self.what = QComboBox()
        self.what.setAccessibleName("What goes wrong in the practice room")
        for day in BadDay:
            self.what.addItem(day.value, day)
        self.after = _seconds("Seconds after it was let in", 1, 600, 5)
        self._after_words = label("after", tone="muted")
        self.words = QLineEdit(_CROSSTALK)
        self.words.setAccessibleName("What the guest says")
        row.addWidget(label("Practice", tone="muted"))
        row.addWidget(self.lobby)
        row.addWidget(self.what)
        row.addWidget(self._after_words)
        row.addWidget(self.after)
        row.addWidget(self.words, 1)
        row.addStretch(1)
        self.what.currentIndexChanged.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        day = BadDay(self.what.currentData())
        self._after_words.setVisible(day in _LATER)
        self.after.setVisible(day in _LATER)
        self.words.setVisible(day is BadDay.CROSSTALK)

    @property
    def incidents(self) -> Incidents:
        """What was asked for."""
        day = BadDay(self.what.currentData())
        after_s = float(self.after.value())
        return Incidents(
            lobby_s=float(self.lobby.value()),
            refuse=day is BadDay.REFUSED,
            drop_after_s=after_s if day is BadDay.DROPPED else None,
            remove_after_s=after_s if day is BadDay.REMOVED else None,
            crosstalk=self.words.text().strip() if day is BadDay.CROSSTALK else "",
        )


def _seconds(name: str, least: int, most: int, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setRange(least, most)
    box.setSuffix(" s")
    box.setValue(value)
    box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    box.setMinimumWidth(96)
    return box
