"""Two clearly different lines to type into: what the bot says now, and what the person says."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.launch import BotView
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.avatar import Avatar
from speakdesk.ui.widgets.basics import button


class SayBar(QWidget):
    """Lets the chosen bot say a typed line, word for word, or write it into the chat."""

    said = Signal()

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._view: BotView | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._avatar = Avatar(face.look, "", 26)
        self.line = QLineEdit()
        self.line.setAccessibleName("What the bot says")
        self.line.returnPressed.connect(self.say)
        self.line.textChanged.connect(self._refresh)
        self.say_button = button("Say", tip="The bot says this now, word for word (Enter)")
        self.say_button.clicked.connect(self.say)
        self.chat_button = button("Chat", tip="The bot writes this into the meeting's chat")
        self.chat_button.clicked.connect(self._on_chat)
        for made in (self.say_button, self.chat_button):
            made.setFixedWidth(72)
        row.addWidget(self._avatar)
        row.addWidget(self.line, 1)
        row.addWidget(self.say_button)
        row.addWidget(self.chat_button)
        self.show_bot(None)

    def show_bot(self, view: BotView | None) -> None:
        """Speak through this bot; None where none is chosen."""
        self._view = view
        self._avatar.setVisible(view is not None)
        can = view is not None and view.state is BotState.IN_CALL
        self.line.setEnabled(can)
        if view is None:
            hint = "Choose a bot above to let it say something"
        elif can:
            hint = f"Say something as {view.name}…"
        elif view.is_live:
            hint = f"{view.name} can speak once it is in the call"
        else:
            hint = f"{view.name} has left"
        self.line.setPlaceholderText(hint)
        if view is not None:
            self._avatar.set_name(view.name)
        self._refresh()

    def _refresh(self) -> None:
        has_text = bool(self.line.text().strip()) and self.line.isEnabled()
        self.say_button.setEnabled(has_text)
        self.chat_button.setEnabled(has_text)

    def say(self) -> None:
        """Let the bot say the line."""
        text = self.line.text().strip()
        if text and self._view is not None and self.line.isEnabled():
            self.line.clear()
            self._face.tasks.start(self._face.desk.say(self._view.bot_id, text), "say")

    def _on_chat(self) -> None:
        text = self.line.text().strip()
        if text and self._view is not None:
            self._face.tasks.start(self._chat(self._view.bot_id, text), "chat")

    async def _chat(self, bot_id: str, text: str) -> None:
        try:
            await self._face.desk.send_chat(bot_id, text)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
            return
        if self.line.text().strip() == text:
            self.line.clear()
