"""A file's text in the window: whatever is typed, the rest stays byte for byte."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from speakdesk.ui.personas.editor_text import (
    FileText,
    differing,
    shown_text,
    utf16_length,
    with_edit,
)

PIECES = st.sampled_from(
    ["a", "b", " ", "\n", "\r\n", "\r", "\u00a0", "\u2028", "\u2029", "😀", "é", "\ufdd0", "## "]
)
TEXTS = st.builds(
    lambda mark, parts: mark + "".join(parts), st.sampled_from(["", "\ufeff"]), st.lists(PIECES)
)
QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def text(qapp: QApplication) -> Iterator[FileText]:
    made = FileText("text")
    yield made
    made.deleteLater()


@QUICK
@given(first=TEXTS, second=TEXTS)
def test_the_widget_shows_what_we_think_it_shows(text: FileText, first: str, second: str) -> None:
    for one in (first, second, first):
        text.set_text(one)
        assert text.text == one
        assert text.document().toRawText().replace("\u2029", "\n") == shown_text(one)


@QUICK
@given(whole=TEXTS, typed=st.text("xy\n😀", max_size=4), data=st.data())
def test_an_edit_touches_nothing_but_itself(
    text: FileText, whole: str, typed: str, data: st.DataObject
) -> None:
    text.set_text(whole)
    shown = shown_text(whole)
    start = data.draw(st.integers(0, len(shown)))
    end = data.draw(st.integers(start, len(shown)))
    cursor = QTextCursor(text.document())
    cursor.setPosition(utf16_length(shown[:start]))
    cursor.setPosition(utf16_length(shown[:end]), QTextCursor.MoveMode.KeepAnchor)
    cursor.insertText(typed)

    assert shown_text(text.text) == shown[:start] + typed + shown[end:]
    assert text.text.startswith("\ufeff") == whole.startswith("\ufeff")


@QUICK
@given(
    head=st.lists(PIECES.filter(lambda p: p != "\r")),
    tail=st.lists(PIECES.filter(lambda p: p != "\r")),
)
def test_what_stands_before_and_after_keeps_its_bytes(head: list[str], tail: list[str]) -> None:
    before, after = "".join(head), "".join(tail)
    whole = f"{before}old{after}"
    changed = with_edit(whole, shown_text(whole), shown_text(f"{before}new{after}"))
    assert changed == f"{before}new{after}"


def test_where_two_texts_differ() -> None:
    assert differing("abcd", "abXd") == (2, 3, 3)
    assert differing("aa", "aaa") == (2, 2, 3)
    assert differing("", "") == (0, 0, 0)


def test_the_cursor_stays_where_the_person_left_it(text: FileText) -> None:
    text.set_text("one\ntwo 😀\nthree")
    cursor = text.textCursor()
    cursor.setPosition(len("one\ntwo 😀\nth") + 1)
    text.setTextCursor(cursor)

    text.set_text("one more\ntwo 😀\nthree!")

    assert text.textCursor().block().text()[: text.textCursor().positionInBlock()] == "th"


def test_new_lines_are_written_as_the_file_writes_them(text: FileText) -> None:
    text.set_text("\ufeffa\r\nb")
    cursor = text.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.End)
    text.setTextCursor(cursor)
    QTest.keyClick(text, Qt.Key.Key_Return)
    QTest.keyClicks(text, "c")
    assert text.text == "\ufeffa\r\nb\r\nc"
