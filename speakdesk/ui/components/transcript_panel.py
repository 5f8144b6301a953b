"""The Transcript tab: the lines, and under them the lines to type into."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from speakdesk.domain.launch import BotView
from speakdesk.ui.components.practice_bar import PracticeBar
from speakdesk.ui.components.say_bar import SayBar
from speakdesk.ui.face import Face
from speakdesk.ui.models.transcript import TranscriptModel
from speakdesk.ui.practice_audio import PracticeAudio
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.transcript_view import TranscriptView


class TranscriptPanel(QWidget):
    """`show_bot` sets whose lines are shown and who speaks the typed line."""

    def __init__(
        self,
        face: Face,
        model: TranscriptModel,
        audio: PracticeAudio,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("transparent")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.view = TranscriptView(face.look)
        self.view.setModel(model)
        self._empty = EmptyNote(
            "What is said appears here, line by line.",
            "Launch a bot, then talk to it or type below.",
        )
        column.addWidget(self.view, 1)
        column.addWidget(self._empty, 1)
        self.practice = PracticeBar(face, audio)
        self.say = SayBar(face)
        column.addWidget(self.practice)
        column.addWidget(self.say)
        model.rowsInserted.connect(self._on_rows)
        model.modelReset.connect(self._on_rows)
        self._on_rows()

    def _on_rows(self) -> None:
        has_lines = self._model.rowCount() > 0
        self.view.setVisible(has_lines)
        self._empty.setVisible(not has_lines)

    def show_bot(self, view: BotView | None, *, has_bots: bool, in_practice: bool) -> None:
        """Whose line is typed below, and whether the person has a place in the room."""
        self.say.show_bot(view)
        self.say.setVisible(has_bots)
        self.practice.setVisible(in_practice)
