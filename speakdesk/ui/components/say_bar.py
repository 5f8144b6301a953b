"""The line in which a person speaks, or writes into the meeting's chat, as the chosen bot."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.launch import BotView
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.avatar import Avatar
from speakdesk.ui.widgets.basics import button

LONGEST_CHAT = 500


class SayBar(QWidget):
    """Two modes: the bot says the line word for word, or writes it into the meeting's chat."""

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
        self.line.returnPressed.connect(self.send)
        self.line.textChanged.connect(self._refresh)
        self.chat_mode = button("Chat", name="Write into the meeting's chat instead of speaking")
        self.chat_mode.setCheckable(True)
        self.chat_mode.toggled.connect(self._show_mode)
        self.send_button = button("Say")
        self.send_button.clicked.connect(self.send)
        for made in (self.send_button, self.chat_mode):
            made.setFixedWidth(72)
        row.addWidget(self._avatar)
        row.addWidget(self.line, 1)
        row.addWidget(self.chat_mode)
        row.addWidget(self.send_button)
        self.show_bot(None)

    @property
    def is_chat(self) -> bool:
        """True where the line goes into the chat."""
        return self.chat_mode.isChecked() and self.chat_mode.isEnabled()

    def show_bot(self, view: BotView | None) -> None:
        """Speak through this bot; None where none is chosen."""
        self._view = view
        self._avatar.setVisible(view is not None)
        if view is not None:
            self._avatar.set_name(view.name, view.persona)
        self._show_mode()

    def write_into_chat(self) -> None:
        """Go to the line in the mode that writes into the chat."""
        self.chat_mode.setChecked(True)
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _why_no_chat(self, view: BotView) -> str:
        row = next((p for p in self._face.desk.providers() if p.key == view.provider), None)
        if row is None or "chat" in row.capabilities:
            return ""
        return f"{row.name} does not write into a meeting's chat."

    def _show_mode(self) -> None:
        view = self._view
        is_in_call = view is not None and view.state is BotState.IN_CALL
        why_not = self._why_no_chat(view) if view is not None else ""
        self.chat_mode.setEnabled(is_in_call and not why_not)
        self.chat_mode.setToolTip(why_not or "Write into the meeting's chat instead of speaking")
        is_chat = self.is_chat
        is_silent = view is not None and view.is_recorder and not is_chat
        self.line.setEnabled(is_in_call and not is_silent)
        self.line.setPlaceholderText(self._hint(view, is_in_call, is_silent, is_chat))
        self.line.setAccessibleName(
            "What the bot writes into the chat" if is_chat else "What the bot says"
        )
        self.send_button.setText("Write" if is_chat else "Say")
        self.send_button.setAccessibleName(self.send_button.text())
        self.send_button.setToolTip(
            "Write this into the meeting's chat (Enter)"
            if is_chat
            else "The bot says this now, word for word (Enter)"
        )
        self._refresh()

    @staticmethod
    def _hint(view: BotView | None, is_in_call: bool, is_silent: bool, is_chat: bool) -> str:
        if view is None:
            return "Choose a bot above to let it say something"
        if is_in_call and is_silent:
            return f"{view.name} records and does not speak"
        if is_in_call and is_chat:
            return f"Write into the meeting's chat as {view.name}…"
        if is_in_call:
            return f"Say something as {view.name}…"
        if view.is_live:
            return f"{view.name} can speak once it is in the call"
        return f"{view.name} has left"

    def _refresh(self) -> None:
        text = self.line.text().strip()
        over = len(text) - LONGEST_CHAT if self.is_chat else 0
        self.send_button.setEnabled(bool(text) and self.line.isEnabled() and over <= 0)
        self.line.setToolTip(f"{over} characters too long for a chat message" if over > 0 else "")

    def send(self) -> None:
        """Let the bot say the line, or write it into the chat."""
        text = self.line.text().strip()
        if self._view is None or not self.send_button.isEnabled():
            return
        if self.is_chat:
            self._face.tasks.start(self._chat(self._view.bot_id, text), "chat")
        else:
            self.line.clear()
            self._face.tasks.start(self._face.desk.say(self._view.bot_id, text), "say")
        self.said.emit()

    async def _chat(self, bot_id: str, text: str) -> None:
        try:
            await self._face.desk.send_chat(bot_id, text)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
            return
        if self.line.text().strip() == text:
            self.line.clear()
