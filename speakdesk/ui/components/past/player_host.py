"""Where a recording takes the place of the past meetings, and gives it back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from speakdesk.ui.dialogs.ask import ask_file
from speakdesk.ui.face import Face

if TYPE_CHECKING:
    from speakdesk.ui.player.panel import FlightPlayer


class PlayerHost(QStackedWidget):
    """Shows `past`, or the player, which is built for the first recording that is opened."""

    left = Signal()

    def __init__(self, face: Face, past: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._player: FlightPlayer | None = None
        self.addWidget(past)

    @property
    def player(self) -> FlightPlayer | None:
        """The player, once a recording was opened."""
        return self._player

    def open_one_of(self, notes: Sequence[Any], title: str, beside: QWidget) -> None:
        """Open a meeting's recording; where there are several, ask whose, below `beside`."""
        if len(notes) == 1:
            self.open(notes[0].path, title)
            return
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for note in notes:
            action = menu.addAction(f"As {note.bot_name or note.bot_id} heard it")
            action.triggered.connect(lambda _on=False, n=note: self.open(n.path, title))
        menu.popup(beside.mapToGlobal(beside.rect().bottomLeft()))

    def ask_for_file(self) -> None:
        """Open a recording that lies anywhere."""
        filters = ["Recordings (*.speakdesk)", "All files (*)"]
        ask_file(self.window(), "Open a recording", self.open, filters)

    def open(self, path: Path, title: str = "") -> None:
        """Show a recording; `title` is its meeting's, where that is known."""
        self._face.tasks.start(self._open(path, title), "show a recording", preempt=True)

    async def _open(self, path: Path, title: str) -> None:
        # What the player is built on takes a moment to import.
        await asyncio.to_thread(_load_player)
        if self._player is None:
            from speakdesk.ui.player.panel import FlightPlayer

            self._player = FlightPlayer(self._face)
            self._player.left.connect(self._on_left)
            self.addWidget(self._player)
        self.setCurrentWidget(self._player)
        self._player.open(path, title)

    def _on_left(self) -> None:
        if self._player is not None:
            self._player.close_recording()
        self.setCurrentIndex(0)
        self.left.emit()


def _load_player() -> None:
    import speakdesk.ui.player.panel  # noqa: F401
