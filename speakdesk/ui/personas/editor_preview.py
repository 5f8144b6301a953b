"""What a stranger may have written, shown as Markdown looks: nothing is fetched, nothing runs."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from speakdesk.ui.dialogs.ask import ask
from speakdesk.ui.face import Face

_MAY_OPEN = ("http", "https", "mailto")


class HarmlessBrowser(QTextBrowser):
    """Loads nothing at all; a link is only opened after the person agreed to its whole address."""

    link_asked = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(8)
        self.anchorClicked.connect(self._on_link)

    def loadResource(self, _kind: int, _name: QUrl | str) -> object:
        return None

    def _on_link(self, url: QUrl) -> None:
        if url.scheme() in _MAY_OPEN:
            self.link_asked.emit(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))


async def open_after_asking(face: Face, parent: QWidget, address: str) -> None:
    """Ask with the whole address, then hand it to the computer's browser."""
    if await ask(
        parent,
        "Open this address outside SpeakDesk?",
        address,
        "Open",
    ) and not QDesktopServices.openUrl(QUrl(address)):
        face.tell("attention", "The address could not be opened.", address)
