"""The player's controls: play, turns, time, speed, zoom, how loud each side is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSlider, QWidget

from speakdesk.ui.icons import icon
from speakdesk.ui.player.deck import SPEEDS, Deck
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import button, label
from speakdesk.ui.words import clock

_ICON = 16
SIDES = ("Meeting", "Bot")


class Transport(QWidget):
    """Works the deck; emits what concerns the view: `turn_asked` (-1, 1), `zoom_asked`, `fit`."""

    turn_asked = Signal(int)
    zoom_asked = Signal(int)
    fit_asked = Signal()

    def __init__(self, look: Look, deck: Deck, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        self._look = look
        self._deck = deck
        self._icons: dict[QPushButton, str] = {}
        self._mutes: list[QPushButton] = []
        self.volumes: list[QSlider] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        before = self._tool("previous", "Previous turn", "Previous turn (P)")
        self.play = self._tool("play", "Play", "Play or pause (Space)")
        after = self._tool("next", "Next turn", "Next turn (N)")
        before.clicked.connect(lambda: self.turn_asked.emit(-1))
        after.clicked.connect(lambda: self.turn_asked.emit(1))
        self.play.clicked.connect(deck.toggle)
        for made in (before, self.play, after):
            row.addWidget(made)
        row.addSpacing(6)
        self.time = label("0:00.0 / 0:00", strong=True)
        self.time.setFont(look.figures(0))
        self.time.setMinimumWidth(
            self.time.fontMetrics().horizontalAdvance("0:00:00.0 / 0:00:00") + 8
        )
        row.addWidget(self.time)
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed; the pitch stays")
        self.speed.setToolTip("Speed; the pitch stays")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g} x", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.activated.connect(lambda _i: deck.set_speed(self.speed.currentData()))
        row.addWidget(self.speed)
        row.addSpacing(6)
        nearer = self._tool("plus", "Zoom in", "Nearer (+)")
        farther = self._tool("minus", "Zoom out", "Farther (-)")
        whole = button("All", kind="small", tip="All of the recording in sight (0)")
        whole.setFixedHeight(32)
        nearer.clicked.connect(lambda: self.zoom_asked.emit(1))
        farther.clicked.connect(lambda: self.zoom_asked.emit(-1))
        whole.clicked.connect(self.fit_asked)
        for made in (farther, nearer, whole):
            row.addWidget(made)
        row.addStretch(1)
        for side, name in enumerate(SIDES):
            self._add_side(row, side, name)
        deck.moved.connect(self._on_moved)
        deck.changed.connect(self.refresh)
        look.changed.connect(self._recolour)
        self.refresh()

    def _tool(self, name: str, words: str, tip: str) -> QPushButton:
        made = button("", tip=tip, name=words)
        made.setProperty("compact", "true")
        made.setFixedSize(34, 34)
        made.setIconSize(QSize(_ICON, _ICON))
        self._icons[made] = name
        self._paint(made)
        return made

    def _paint(self, made: QPushButton) -> None:
        look = self._look
        made.setIcon(icon(look.resources, self._icons[made], look.theme.text, _ICON))

    def _recolour(self) -> None:
        for made in self._icons:
            self._paint(made)

    def _add_side(self, row: QHBoxLayout, side: int, name: str) -> None:
        mute = self._tool("speaker", f"Mute {name.lower()}", f"Do not play the {name.lower()}")
        mute.setCheckable(True)
        mute.toggled.connect(lambda on: self._deck.set_muted(side, on))
        volume = QSlider(Qt.Orientation.Horizontal)
        volume.setRange(0, 100)
        volume.setValue(100)
        volume.setPageStep(10)
        volume.setMinimumWidth(56)
        volume.setMaximumWidth(110)
        volume.setAccessibleName(f"How loud the {name.lower()} is")
        volume.setToolTip(f"How loud the {name.lower()} is")
        volume.valueChanged.connect(lambda value: self._deck.set_gain(side, value / 100))
        row.addSpacing(6)
        row.addWidget(label(name, tone="muted", size="small"))
        row.addWidget(mute)
        row.addWidget(volume)
        self._mutes.append(mute)
        self.volumes.append(volume)

    @property
    def mutes(self) -> tuple[QPushButton, ...]:
        """The buttons that silence a side: the meeting, the bot."""
        return tuple(self._mutes)

    def refresh(self) -> None:
        """Show how the deck stands."""
        self._switch(self.play, "pause" if self._deck.is_playing else "play")
        self.play.setAccessibleName("Pause" if self._deck.is_playing else "Play")
        for side, mute in enumerate(self._mutes):
            is_silent = mute.isChecked() or self._deck.gain(side) <= 0
            self._switch(mute, "speaker-off" if is_silent else "speaker")
        self._on_moved(self._deck.position_s)

    def _switch(self, made: QPushButton, name: str) -> None:
        if self._icons[made] != name:
            self._icons[made] = name
            self._paint(made)

    def _on_moved(self, at_s: float) -> None:
        tenth = int(at_s * 10) % 10
        self.time.setText(f"{clock(at_s)}.{tenth} / {clock(self._deck.duration_s)}")
