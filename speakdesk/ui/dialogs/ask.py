"""Questions and file choices as awaitables over `open()`: nothing here spins a loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from speakdesk.ui.widgets.basics import button, label

OTHER = 2


class Question(QDialog):
    """One sentence, what it means, and two buttons, or a third for another way.

    Escape is the safe one.
    """

    def __init__(
        self,
        parent: QWidget | None,
        sentence: str,
        detail: str,
        yes: str,
        *,
        dangerous: bool = False,
        other: str = "",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("SpeakDesk")
        self.setModal(True)
        self.setMinimumWidth(400)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(8)
        column.addWidget(label(sentence, size="title", wrap=True))
        column.addWidget(label(detail, tone="muted", wrap=True))
        column.addSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.no = button("Cancel")
        self.yes = button(yes, kind="danger" if dangerous else "primary")
        self.no.clicked.connect(self.reject)
        self.yes.clicked.connect(self.accept)
        row.addWidget(self.no)
        if other:
            self.other = button(other)
            self.other.clicked.connect(lambda: self.done(OTHER))
            row.addWidget(self.other)
        row.addWidget(self.yes)
        column.addLayout(row)
        self.yes.setDefault(True)
        self.setAccessibleName(f"{sentence} {detail}")


async def ask(
    parent: QWidget | None, sentence: str, detail: str, yes: str, *, dangerous: bool = False
) -> bool:
    """Ask, and wait for the answer while everything else goes on."""
    dialog = Question(parent, sentence, detail, yes, dangerous=dangerous)
    return await answer_of(dialog) == QDialog.DialogCode.Accepted


async def ask_which(
    parent: QWidget | None, sentence: str, detail: str, yes: str, other: str
) -> bool | None:
    """True for `yes`, False for `other`, None where the person gave up."""
    code = await answer_of(Question(parent, sentence, detail, yes, other=other))
    if code == OTHER:
        return False
    return True if code == QDialog.DialogCode.Accepted else None


async def ask_save_path(
    parent: QWidget | None, title: str, name: str, filters: list[str]
) -> tuple[Path, str] | None:
    """Where to save a file: the path and the chosen filter, or None."""
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(filters)
    dialog.selectFile(name)
    # Qt's own question about a file that exists spins a loop of its own.
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    code = await answer_of(dialog)
    if code != QDialog.DialogCode.Accepted or not dialog.selectedFiles():
        return None
    path, chosen = Path(dialog.selectedFiles()[0]), dialog.selectedNameFilter()
    if await asyncio.to_thread(path.exists) and not await ask_to_replace(parent, path):
        return None
    return path, chosen


async def ask_to_replace(parent: QWidget | None, path: Path) -> bool:
    """Whether a file that is there may go."""
    return await ask(
        parent, f"Replace {path.name}?", "There is a file of that name already.", "Replace"
    )


async def ask_folder(parent: QWidget | None, title: str) -> Path | None:
    """Which folder, or None."""
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    code = await answer_of(dialog)
    if code != QDialog.DialogCode.Accepted or not dialog.selectedFiles():
        return None
    return Path(dialog.selectedFiles()[0])


async def ask_files(parent: QWidget | None, title: str, filters: list[str]) -> list[Path]:
    """Which existing files; none where the person gave up."""
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilters(filters)
    code = await answer_of(dialog)
    if code != QDialog.DialogCode.Accepted:
        return []
    return [Path(path) for path in dialog.selectedFiles()]


def ask_file(
    parent: QWidget | None,
    title: str,
    chosen: Callable[[Path], None],
    filters: Sequence[str] = (),
) -> None:
    """Which existing file; `chosen` gets it, and is not called where there is none."""
    dialog = QFileDialog(parent, title)
    if filters:
        dialog.setNameFilters(list(filters))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.open()


async def answer_of(dialog: QDialog) -> int:
    """Open a dialog and wait for its result code; it is thrown away afterwards."""
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def _on_finished(code: int) -> None:
        if not future.done():
            future.set_result(code)

    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.finished.connect(_on_finished)
    dialog.open()
    try:
        return await future
    finally:
        dialog.finished.disconnect(_on_finished)
        dialog.hide()
        dialog.deleteLater()
