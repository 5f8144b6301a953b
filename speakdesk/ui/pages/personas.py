"""The Personas page: cards of the whole library and everything about the one chosen."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from speakdesk.domain.persona import Persona
from speakdesk.ui.face import Face
from speakdesk.ui.languages import language_name
from speakdesk.ui.models.personas import PERSONA_ROLE, PersonasModel, subtitle
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import Avatar, paint_avatar
from speakdesk.ui.widgets.basics import ElidedLabel, button, label
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.words import count

Index = QModelIndex | QPersistentModelIndex
_CARD = QSize(268, 128)


class CardDelegate(QStyledItemDelegate):
    """Paints one persona as a card."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look
        self._name = look.font(1, QFont.Weight.DemiBold)
        self._small = look.font(-1)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return _CARD

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        persona: Persona = index.data(PERSONA_ROLE)
        state = option.state
        look = self._look
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(option.rect).adjusted(1, 1, -11, -11)
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        has_focus = bool(state & QStyle.StateFlag.State_HasFocus)
        painter.setBrush(look.color("accent_soft" if is_selected else "surface"))
        width = 2 if has_focus else 1
        painter.setPen(QPen(look.color("accent" if is_selected or has_focus else "line"), width))
        painter.drawRoundedRect(body, 12, 12)
        painter.setFont(self._name)
        disc = QRectF(body.left() + 14, body.top() + 14, 36, 36)
        paint_avatar(painter, disc, persona.name, look.avatar_colour(persona.name))
        left, room = body.left() + 60, int(body.width() - 74)
        self._text(painter, QRectF(left, body.top() + 12, room, 20), persona.name, "text")
        painter.setFont(self._small)
        self._text(painter, QRectF(left, body.top() + 32, room, 18), subtitle(persona), "muted")
        words = persona.prompt.strip().split("\n\n")[0].replace("\n", " ")
        self._two_lines(
            painter, QRectF(body.left() + 14, body.top() + 60, body.width() - 28, 40), words
        )
        painter.restore()

    def _text(self, painter: QPainter, box: QRectF, text: str, token: str) -> None:
        painter.setPen(self._look.color(token))
        metrics = QFontMetrics(painter.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def _two_lines(self, painter: QPainter, box: QRectF, text: str) -> None:
        layout = QTextLayout(text, painter.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        layout.setTextOption(option)
        layout.beginLayout()
        first = layout.createLine()
        if first.isValid():
            first.setLineWidth(box.width())
        layout.endLayout()
        cut = first.textLength() if first.isValid() else 0
        self._text(painter, QRectF(box.left(), box.top(), box.width() + 4, 20), text[:cut], "muted")
        rest = text[cut:].strip()
        self._text(painter, QRectF(box.left(), box.top() + 20, box.width(), 20), rest, "muted")


class PlainBrowser(QTextBrowser):
    """Shows what a stranger may have written: no pictures, no files, no links are loaded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)

    def loadResource(self, _kind: int, _name: QUrl | str) -> object:
        return None


def details_html(persona: Persona, muted: str) -> str:
    """Everything about a persona; what its file says is shown as text, never as mark-up."""

    def section(title: str, body: str) -> str:
        heading = f'<p style="margin:14px 0 4px 0; color:{muted}; font-weight:600">{title}</p>'
        return heading + body

    def paragraphs(text: str) -> str:
        parts = (part for part in text.strip().split("\n\n") if part.strip())
        return "".join(
            f'<p style="margin:0 0 8px 0; line-height:130%">{escape(" ".join(part.split()))}</p>'
            for part in parts
        )

    def listed(items: Iterable[str]) -> str:
        rows = (f'<p style="margin:0 0 4px 0">•&nbsp; {escape(item)}</p>' for item in items)
        return "".join(rows)

    files = [f"{k.name}, {count(len(k.text.split()), 'word')}" for k in persona.knowledge]
    parts = [
        section("Says first", paragraphs(f"“{persona.greeting}”")) if persona.greeting else "",
        section("Knows", listed(files) if files else paragraphs("No knowledge files.")),
        section("Characteristics", listed(persona.characteristics)),
        section("Voice", listed(persona.voice_tone)) if persona.voice_tone else "",
        section("Prompt", paragraphs(persona.prompt)),
    ]
    return "".join(parts)


class PersonasPage(QWidget):
    """Emits `used` with a persona's key."""

    used = Signal(str)

    def __init__(self, face: Face, shared: PersonasModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._shared = shared
        self._model = PersonasModel(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 16, 20, 18)
        row.setSpacing(16)
        self.cards = QListView()
        self.cards.setModel(self._model)
        self.cards.setViewMode(QListView.ViewMode.IconMode)
        self.cards.setResizeMode(QListView.ResizeMode.Adjust)
        self.cards.setMovement(QListView.Movement.Static)
        self.cards.setUniformItemSizes(True)
        self.cards.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.cards.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.cards.setItemDelegate(CardDelegate(face.look))
        self.cards.setAccessibleName("Personas")
        self.cards.viewport().setAutoFillBackground(False)
        self.cards.activated.connect(lambda _i: self._on_use())
        self._empty = EmptyNote(
            "Your personas appear here.",
            "Add a folder with personas in Settings, under Persona folders.",
        )
        row.addWidget(self.cards, 1)
        row.addWidget(self._empty, 1)
        row.addWidget(self._make_details())
        self._frame.setMinimumWidth(360)
        self._frame.setMaximumWidth(440)
        self.cards.selectionModel().currentChanged.connect(self._on_current)
        face.look.changed.connect(self._on_recoloured)
        shared.modelReset.connect(self.load)
        self.load()

    def _make_details(self) -> QFrame:
        self._frame = QFrame()
        self._frame.setProperty("card", "true")
        column = QVBoxLayout(self._frame)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.setSpacing(12)
        self._avatar = Avatar(self._face.look, "", 44)
        names = QVBoxLayout()
        names.setSpacing(0)
        self._name = ElidedLabel()
        self._name.inner.setProperty("type", "title")
        self._role = ElidedLabel(tone="muted")
        names.addWidget(self._name)
        names.addWidget(self._role)
        head.addWidget(self._avatar)
        head.addLayout(names, 1)
        self.use = button("Use", kind="primary", tip="Choose this persona and go to the Desk")
        self.use.clicked.connect(self._on_use)
        head.addWidget(self.use)
        column.addLayout(head)
        self._facts = label(tone="muted", size="small", wrap=True, selectable=True)
        column.addWidget(self._facts)
        self.body = PlainBrowser()
        self.body.setAccessibleName("About this persona")
        column.addWidget(self.body, 1)
        return self._frame

    def load(self) -> None:
        """Show the library as it is now, keeping the chosen card."""
        current = self._current()
        self._model.set_personas(self._shared.personas)
        has_any = self._model.rowCount() > 0
        self.cards.setVisible(has_any)
        self._frame.setVisible(has_any)
        self._empty.setVisible(not has_any)
        keys = [persona.key for persona in self._model.personas]
        if has_any:
            place = keys.index(current.key) if current is not None and current.key in keys else 0
            self.cards.setCurrentIndex(self._model.index(place))

    def _current(self) -> Persona | None:
        index = self.cards.currentIndex()
        return index.data(PERSONA_ROLE) if index.isValid() else None

    def _on_current(self) -> None:
        persona = self._current()
        if persona is None:
            return
        self._avatar.set_name(persona.name)
        self._name.set_text(persona.name)
        self._role.set_text(subtitle(persona))
        place = "Comes with SpeakDesk" if persona.is_bundled else "Yours"
        tools = persona.tools
        asked = (
            "tools as in Settings" if tools is None else "tools: " + (", ".join(tools) or "none")
        )
        self._facts.setText(f"{place} · {language_name(persona.language)} · {asked}")
        self.body.setHtml(details_html(persona, self._face.look.theme.muted))
        self.use.setAccessibleName(f"Use {persona.name}")

    def _on_recoloured(self) -> None:
        self.cards.viewport().update()
        self._on_current()

    def _on_use(self) -> None:
        persona = self._current()
        if persona is not None:
            self.used.emit(persona.key)
