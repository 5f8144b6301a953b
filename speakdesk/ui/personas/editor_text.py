"""A text as it lies in a file, edited without changing anything else in it.

Qt shows every kind of line end as one, and drops a byte-order mark. So the widget's text is never
taken for the file's: each edit is found by comparing, and only that part is put into the file's
own text.
"""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import (
    QFontDatabase,
    QKeyEvent,
    QKeySequence,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from speakdesk.ui.theme import Look

_BOM = "\ufeff"
# What a QTextDocument takes for the end of a line beside \n.
_BREAKS = ("\r\n", "\r", "\u2029", "\ufdd0", "\ufdd1")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}(?:[ \t]|$)")
_KEY = re.compile(r"^[ \t]*[-*+][ \t]+[A-Za-z][\w.\-]*:")
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]")


def shown_text(text: str) -> str:
    """A file's text as the widget shows it."""
    plain = text.removeprefix(_BOM)
    for mark in _BREAKS:
        plain = plain.replace(mark, "\n")
    return plain if plain.isascii() else plain.encode("utf-8", "ignore").decode("utf-8")


def differing(before: str, after: str) -> tuple[int, int, int]:
    """Where two texts differ: the start in both, the end in `before` and the end in `after`."""
    most = min(len(before), len(after))
    start = _common(before, after, most, at_end=False)
    left = most - start
    same = _common(before, after, left, at_end=True)
    return start, len(before) - same, len(after) - same


def _common(one: str, other: str, most: int, *, at_end: bool) -> int:
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if at_end:
            is_same = one[len(one) - middle :] == other[len(other) - middle :]
        else:
            is_same = one[:middle] == other[:middle]
        low, high = (middle, high) if is_same else (low, middle - 1)
    return low


def with_edit(text: str, before: str, after: str) -> str:
    """`text`, shown as `before`, with the edit that makes it `after`; the rest byte for byte."""
    start, end_before, end_after = differing(before, after)
    newline = _newline_of(text)
    first, last = _place_in(text, start), _place_in(text, end_before)
    inserted = after[start:end_after].replace("\n", newline)
    edited = text[:first] + inserted + text[last:]
    if shown_text(edited) != after:
        # An edit beside a lone carriage return; two line ends would have become one.
        mark = _BOM if text.startswith(_BOM) else ""
        edited = mark + after.replace("\n", newline)
    return edited


def _newline_of(text: str) -> str:
    if "\r\n" in text:
        return "\r\n"
    return "\r" if "\r" in text and "\n" not in text else "\n"


def _place_in(text: str, place: int) -> int:
    """The place in a file's text of a place in what is shown of it."""
    offset = 1 if text.startswith(_BOM) else 0
    found = text.find("\r\n", offset)
    shown = found - offset
    while found >= 0 and shown < place:
        offset += 1
        after = found + 2
        found = text.find("\r\n", after)
        shown = found - offset
    return place + offset


def utf16_length(text: str) -> int:
    """How many positions of a QTextDocument a text takes."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class UndoKeys(QObject):
    """Leaves undo and redo in text fields to the window's own shortcuts."""

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            for keys in (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo):
                if event.matches(keys):
                    event.ignore()
                    return True
        return False


class FileText(QPlainTextEdit):
    """Emits `edited` with the whole text when the person changed it."""

    edited = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._shown = ""
        self._is_setting = False
        self.setAccessibleName(name)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self._keys = UndoKeys(self)
        self.installEventFilter(self._keys)
        self.textChanged.connect(self._on_changed)

    @property
    def text(self) -> str:
        """The text as it would be written."""
        return self._text

    def set_fixed_width(self) -> None:
        """Show letters of equal width."""
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))

    def set_text(self, text: str) -> None:
        """Show another text; only what differs is touched, and the cursor stays where it was."""
        self._text = text
        wanted = shown_text(text)
        if wanted == self._shown:
            return
        start, end_before, end_after = differing(self._shown, wanted)
        first = utf16_length(self._shown[:start])
        last = first + utf16_length(self._shown[start:end_before])
        own = self.textCursor()
        is_inside = first < own.position() < last
        line, column = own.blockNumber(), own.positionInBlock()
        self._is_setting = True
        try:
            cursor = QTextCursor(self.document())
            cursor.setPosition(first)
            cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(wanted[start:end_after])
            if self._raw() != wanted:
                self.setPlainText(wanted)
        finally:
            self._is_setting = False
        if is_inside:
            self._go_to(line, column)
        self._shown = self._raw()

    def to_top(self) -> None:
        """Put the cursor before everything."""
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def go_to_line(self, line: int) -> None:
        """Put the cursor on a line, counted from 1, and show it."""
        block = self.document().findBlockByNumber(max(0, line - 1))
        if block.isValid():
            self.setTextCursor(QTextCursor(block))
            self.centerCursor()

    def _go_to(self, line: int, column: int) -> None:
        block = self.document().findBlockByNumber(min(line, self.blockCount() - 1))
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + min(column, block.length() - 1))
        self.setTextCursor(cursor)

    def _raw(self) -> str:
        return self.document().toRawText().replace("\u2029", "\n")

    def _on_changed(self) -> None:
        if self._is_setting:
            return
        shown = self._raw()
        if shown == self._shown:
            return
        self._text = with_edit(self._text, self._shown, shown)
        self._shown = shown
        self.edited.emit(self._text)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return not source.hasUrls() and super().canInsertFromMimeData(source)


class MarkdownColours(QSyntaxHighlighter):
    """Headings, list marks and metadata keys of a persona's file stand out a little."""

    def __init__(self, look: Look, text: QPlainTextEdit) -> None:
        super().__init__(text.document())
        self._look = look
        look.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        if _HEADING.match(text):
            self.setFormat(0, len(text), self._format("accent_text", bold=True))
        elif (key := _KEY.match(text)) is not None:
            self.setFormat(0, key.end(), self._format("accent_text"))
        elif (item := _ITEM.match(text)) is not None:
            self.setFormat(0, item.end(), self._format("muted"))

    def _format(self, token: str, *, bold: bool = False) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setForeground(self._look.color(token))
        if bold:
            made.setFontWeight(600)
        return made


class DiffColours(QSyntaxHighlighter):
    """Lines of a unified diff: added, taken away, and where they are."""

    def __init__(self, look: Look, text: QPlainTextEdit) -> None:
        super().__init__(text.document())
        self._look = look
        look.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        token = ""
        if text.startswith(("+++", "---", "@@")):
            token = "muted"
        elif text.startswith("+"):
            token = "good_text"
        elif text.startswith("-"):
            token = "bad_text"
        if token:
            made = QTextCharFormat()
            made.setForeground(self._look.color(token))
            self.setFormat(0, len(text), made)


def read_only_text(name: str, *, is_diff_of: Look | None = None) -> QPlainTextEdit:
    """A text to read and to copy from."""
    made = QPlainTextEdit()
    made.setReadOnly(True)
    made.setAccessibleName(name)
    made.setTabChangesFocus(True)
    made.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    if is_diff_of is not None:
        made.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        DiffColours(is_diff_of, made)
    return made
