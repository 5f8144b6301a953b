"""The sidebar: every persona, a search, and which ones a launch takes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from speakdesk.ui.face import Face
from speakdesk.ui.icons import icon
from speakdesk.ui.models.personas import PERSONA_ROLE, PersonasModel
from speakdesk.ui.widgets.basics import button, label
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.persona_delegate import PersonaDelegate

Index = QModelIndex | QPersistentModelIndex


class ChoosingView(QListView):
    """A list where a click takes just this persona, and Ctrl+click, the ring or Space adds it."""

    def __init__(self, model: PersonasModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Personas; Space adds or takes out, Enter takes only this one")
        self.viewport().setAutoFillBackground(False)

    def _key_at(self, index: Index) -> str:
        return str(index.data(PERSONA_ROLE).key)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if not index.isValid() or event.button() != Qt.MouseButton.LeftButton:
            return
        ring = PersonaDelegate.check_box(self.visualRect(index))
        adds = ring.contains(event.position().toPoint()) or bool(
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        )
        if adds:
            self._model.toggle(self._key_at(index))
        else:
            self._model.choose([self._key_at(index)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if index.isValid() and event.key() == Qt.Key.Key_Space:
            self._model.toggle(self._key_at(index))
        elif index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                event.ignore()
                return
            self._model.choose([self._key_at(index)])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn and not self.currentIndex().isValid():
            self.setCurrentIndex(self._model.index(0))
        return super().event(event)


class PersonaList(QFrame):
    """Search and list; the model holds the choice. Emits `prompt_asked`."""

    prompt_asked = Signal()

    def __init__(self, face: Face, model: PersonasModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self._face = face
        self.setObjectName("sidebar")
        self.setFixedWidth(264)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 16, 12, 14)
        column.setSpacing(8)
        caption = label("PERSONAS", size="caption")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search personas")
        self.search.setAccessibleName("Search personas")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(model.search)
        self.view = ChoosingView(model)
        self.view.setItemDelegate(PersonaDelegate(face.look))
        self.view.setIconSize(QSize(36, 36))
        self._empty = EmptyNote("No persona matches.", "Clear the search to see all of them.")
        column.addWidget(caption)
        column.addWidget(self.search)
        column.addWidget(self.view, 1)
        column.addWidget(self._empty, 1)
        self.prompt = button(
            "Launch from a prompt…", tip="One bot with bare instructions instead of a persona"
        )
        self.prompt.clicked.connect(self.prompt_asked)
        column.addWidget(self.prompt)
        self._glass = self.search.addAction(
            icon(face.look.resources, "search", face.look.theme.muted),
            QLineEdit.ActionPosition.LeadingPosition,
        )
        face.look.changed.connect(self._recolour)
        face.look.portraits.arrived.connect(self._on_pictures)
        model.modelReset.connect(self._on_reset)
        self._on_reset()

    def _recolour(self) -> None:
        look = self._face.look
        self._glass.setIcon(icon(look.resources, "search", look.theme.muted))
        self.view.viewport().update()

    def _on_pictures(self) -> None:
        self.view.viewport().update()

    def _on_reset(self) -> None:
        is_empty = self.model.rowCount() == 0
        self.view.setVisible(not is_empty)
        self._empty.setVisible(is_empty)
        if self.model.total == 0:
            self._empty.set_words(
                "Your personas appear here.",
                "Add a folder with personas in Settings, under Persona folders.",
            )
        else:
            self._empty.set_words("No persona matches.", "Clear the search to see all of them.")
