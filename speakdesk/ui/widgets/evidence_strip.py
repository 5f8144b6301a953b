"""The six facts about a bot as marks: a tick where proven, an empty ring where not (design §4)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from speakdesk.domain.bot import Evidence, EvidenceMark
from speakdesk.ui.theme import Look
from speakdesk.ui.words import EVIDENCE_MEANING, EVIDENCE_WORDS, local_time

_MARK = 13
_GAP = 9


class EvidenceStrip(QWidget):
    """`✓ accepted  ✓ dialled in  ○ admitted …`, each with its time in the tooltip."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._marks: dict[Evidence, EvidenceMark] = {}
        self._facts: tuple[Evidence, ...] = tuple(Evidence)
        self._font = look.font(-1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.update)
        self.set_marks(())

    def set_facts(self, facts: tuple[Evidence, ...]) -> None:
        """Speak of these facts only: a bot that records neither hears nor speaks here."""
        self._facts = facts
        self.updateGeometry()
        self.update()

    def set_marks(self, marks: tuple[EvidenceMark, ...]) -> None:
        """Show these facts as proven."""
        fresh = {mark.evidence: mark for mark in marks}
        if fresh == self._marks and self.accessibleName():
            return
        self._marks = fresh
        proven = [EVIDENCE_WORDS[e] for e in self._facts if e in fresh]
        self.setAccessibleName("Proven: " + (", ".join(proven) or "nothing yet"))
        self.update()

    def _segments(self) -> list[tuple[Evidence, QRectF, bool]]:
        """Each fact with its rectangle, and whether its word is shown."""
        metrics = QFontMetrics(self._font)
        words = {e: metrics.horizontalAdvance(EVIDENCE_WORDS[e]) for e in self._facts}
        shown = list(self._facts)
        room = self.width() - 2
        proven = [e for e in self._facts if e in self._marks]
        unproven = [e for e in reversed(self._facts) if e not in proven]
        droppable = [*proven[:-1], *unproven]
        while droppable and sum(words[e] for e in shown) + len(words) * (_MARK + _GAP) > room:
            shown.remove(droppable.pop(0))
        x = 0.0
        found = []
        for evidence in self._facts:
            has_word = evidence in shown
            width = _MARK + (words[evidence] if has_word else 0)
            found.append((evidence, QRectF(x, 0, width, self.height()), has_word))
            x += width + (_GAP if has_word else 4)
        return found

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._font)
        words = [EVIDENCE_WORDS[fact] for fact in self._facts]
        width = sum(metrics.horizontalAdvance(w) + _MARK + _GAP for w in words)
        return QSize(width, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(len(self._facts) * (_MARK + 4), self.sizeHint().height())

    def tip_for(self, evidence: Evidence) -> str:
        """What the tooltip says about one fact."""
        mark = self._marks.get(evidence)
        word = EVIDENCE_WORDS[evidence].capitalize()
        if mark is None:
            return f"{word}: not proven yet.\n{EVIDENCE_MEANING[evidence]}"
        detail = f"\n{mark.detail}" if mark.detail else ""
        return f"{word} since {local_time(mark.at)}.\n{EVIDENCE_MEANING[evidence]}{detail}"

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            where: QPoint = event.pos()
            for evidence, box, _has_word in self._segments():
                if box.contains(QPointF(where)):
                    QToolTip.showText(event.globalPos(), self.tip_for(evidence), self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        middle = self.height() / 2
        for evidence, box, has_word in self._segments():
            is_proven = evidence in self._marks
            token = "good_text" if is_proven else "line_strong"
            painter.setPen(QPen(self._look.color(token), 1.6))
            x = box.left() + 5
            if is_proven:
                tick = (
                    QPointF(x - 3.6, middle + 0.4),
                    QPointF(x - 1, middle + 3),
                    QPointF(x + 3.8, middle - 3),
                )
                painter.drawPolyline(QPolygonF(tick))
            else:
                painter.drawEllipse(QPointF(x, middle), 2.8, 2.8)
            if has_word:
                painter.setPen(self._look.color("muted"))
                text = box.adjusted(_MARK, 0, 4, 0)
                align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
                painter.drawText(text, align, EVIDENCE_WORDS[evidence])
        painter.end()
