"""A persona's picture: drawn by a service, chosen or dropped as a file, then cropped."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from speakdesk.domain.errors import PersonaError, Problem, Reason, SpeakDeskError, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.picture import PNG, Picture, PictureProgress
from speakdesk.ui.dialogs.ask import answer_of, ask_file
from speakdesk.ui.face import Face
from speakdesk.ui.portraits import read_image
from speakdesk.ui.widgets.basics import button, label
from speakdesk.ui.widgets.crop_view import MOST_ZOOM, CropView
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.widgets.round_preview import RoundPreview

# What `picture_dialog` gives where the person wants no picture any more.
REMOVED = Picture(b"", PNG, 0, 0)
_NOTHING = "Draw a picture, choose a file, or drop one here. PNG, JPEG and WebP are taken."
_SERVICES = {"replicate": "Replicate", "openai": "OpenAI"}
_LARGEST_BYTES = 20_000_000


async def picture_dialog(
    face: Face, persona: Persona, parent: QWidget | None = None, *, can_remove: bool = False
) -> Picture | None:
    """The square picture a person made for this persona; None where they chose none.

    Nothing is saved. With `can_remove`, `REMOVED` is given where they took the present one away.
    """
    dialog = PictureDialog(
        face, persona, parent or QApplication.activeWindow(), can_remove=can_remove
    )
    dialog.load()
    try:
        code = await answer_of(dialog)
        return dialog.result_picture if code == QDialog.DialogCode.Accepted else None
    finally:
        dialog.close_down()


class PictureDialog(QDialog):
    """One thing at a time is under way; `result_picture` is there once it was accepted."""

    def __init__(
        self,
        face: Face,
        persona: Persona,
        parent: QWidget | None = None,
        *,
        can_remove: bool = False,
    ) -> None:
        super().__init__(parent)
        self._face = face
        self._persona = persona
        self._source: Picture | None = None
        self._work: asyncio.Task[None] | None = None
        self._is_drawing = False
        self.result_picture: Picture | None = None
        self.setWindowTitle(f"A picture for {persona.name}")
        self.setModal(True)
        self.resize(820, 560)
        self.setAcceptDrops(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(12)
        column.addWidget(label(f"A picture for {persona.name}", size="title"))
        sides = QHBoxLayout()
        sides.setSpacing(24)
        sides.addLayout(self._make_crop())
        sides.addLayout(self._make_source(), 1)
        column.addLayout(sides)
        column.addLayout(self._make_buttons(can_remove and persona.picture is not None))
        self.crop.changed.connect(self._on_cropped)
        self.crop.set_image(None, _NOTHING)
        self._refresh()

    def _make_crop(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        self.crop = CropView(self._face.look)
        self.zoom = QSlider(Qt.Orientation.Horizontal)
        self.zoom.setRange(100, round(100 * MOST_ZOOM))
        self.zoom.setAccessibleName("Zoom")
        self.zoom.valueChanged.connect(lambda value: self.crop.set_zoom(value / 100))
        column.addWidget(self.crop)
        column.addWidget(self.zoom)
        column.addStretch(1)
        return column

    def _make_source(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        self.preview = RoundPreview()
        column.addWidget(label("In lists", tone="muted", size="small"))
        column.addWidget(self.preview)
        column.addSpacing(12)
        column.addWidget(label("Draw one", strong=True))
        self.description = QPlainTextEdit()
        self.description.setPlaceholderText(
            "Empty: it is drawn from the persona's own name, role and looks. Or describe the "
            "picture in your own words."
        )
        self.description.setAccessibleName("What the picture shows")
        self.description.setTabChangesFocus(True)
        self.description.setFixedHeight(92)
        column.addWidget(self.description)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.service = QComboBox()
        self.service.setAccessibleName("Who draws it")
        for key in self._face.desk.studio.picture_services():
            self.service.addItem(_SERVICES.get(key, key), key)
        self.draw = button("Draw", name="Draw a picture")
        self.draw.clicked.connect(self._on_draw)
        row.addWidget(self.service, 1)
        row.addWidget(self.draw)
        row.addStretch(0)
        column.addLayout(row)
        self.no_service = label(
            "Nobody can draw yet: add REPLICATE_API_TOKEN or OPENAI_API_KEY in Settings under "
            "Keys, or choose a file.",
            tone="muted",
            size="small",
            wrap=True,
        )
        column.addWidget(self.no_service)
        self.progress = label(tone="muted", size="small", wrap=True)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("How far the picture is")
        column.addWidget(self.progress)
        column.addWidget(self.bar)
        column.addSpacing(12)
        self.file = button("Choose a file…")
        self.file.clicked.connect(self._on_file)
        line = QHBoxLayout()
        line.addWidget(self.file)
        line.addStretch(1)
        column.addLayout(line)
        self.trouble = ProblemNote("Why there is no picture")
        column.addWidget(self.trouble)
        column.addStretch(1)
        return column

    def _make_buttons(self, can_remove: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.remove = button("Remove the picture", kind="danger")
        self.remove.setVisible(can_remove)
        self.cancel = button("Cancel")
        self.use = button("Use this picture", kind="primary")
        self.remove.clicked.connect(self._on_remove)
        self.cancel.clicked.connect(self.reject)
        self.use.clicked.connect(self._on_use)
        row.addWidget(self.remove)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.use)
        return row

    # -- where it comes from --------------------------------------------------------------------

    def load(self) -> None:
        """Begin with the picture the persona has, where it has one."""
        if self._persona.picture is not None:
            self._start(self._take_file(self._persona.picture))

    def take_file(self, path: Path) -> None:
        """Show the picture in a file, or say why it cannot be used."""
        self._start(self._take_file(path))

    async def _take_file(self, path: Path) -> None:
        self.progress.setText(f"Reading {path.name}…")
        data = await asyncio.to_thread(_read, path)
        await self._show(await self._face.desk.studio.check_picture(data))

    def _on_file(self) -> None:
        ask_file(self, "A picture for this persona", self.take_file)

    def _on_draw(self) -> None:
        if self._is_drawing:
            self._stop()
            self.progress.setText("Drawing was stopped.")
        else:
            self._start(self._draw(), is_drawing=True)

    async def _draw(self) -> None:
        words = self.description.toPlainText().strip()
        self._on_progress(PictureProgress("Asking for a picture…"))
        picture = await self._face.desk.studio.draw(
            words or self._persona,
            service=str(self.service.currentData() or ""),
            on_progress=self._on_progress,
        )
        await self._show(picture)

    def _on_progress(self, progress: PictureProgress) -> None:
        self.progress.setText(progress.sentence)
        if progress.fraction is None:
            self.bar.setRange(0, 0)
        else:
            self.bar.setRange(0, 100)
            self.bar.setValue(round(100 * progress.fraction))

    async def _show(self, picture: Picture) -> None:
        image = await asyncio.to_thread(read_image, picture.data)
        if image is None:
            raise PersonaError(_unreadable("The picture cannot be shown."))
        self._source = picture
        self.crop.set_image(image)
        self.zoom.setValue(100)
        self.progress.setText("")
        self.crop.setFocus()

    # -- dropping -------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self.take_file(path)

    # -- the end --------------------------------------------------------------------------------

    def _on_use(self) -> None:
        if self._source is not None and self.crop.box() is not None:
            self._start(self._use(self._source))

    async def _use(self, source: Picture) -> None:
        box = self.crop.box()
        assert box is not None
        self.result_picture = await self._face.desk.studio.crop(source, box)
        self.accept()

    def _on_remove(self) -> None:
        self.result_picture = REMOVED
        self.accept()

    def reject(self) -> None:
        """Escape stops what is under way first."""
        if self._is_drawing:
            self._on_draw()
        else:
            super().reject()

    # -- inside ---------------------------------------------------------------------------------

    def _start(self, work: Coroutine[Any, Any, None], *, is_drawing: bool = False) -> None:
        self._stop()
        self.trouble.show_problems()
        self._is_drawing = is_drawing

        async def told() -> None:
            try:
                await work
            except SpeakDeskError as e:
                self.progress.setText("")
                self.trouble.show_problems(e.problem)

        task = self._face.tasks.start(told(), "picture of a persona")
        self._work = task
        task.add_done_callback(self._on_done)
        self._refresh()

    def _stop(self) -> None:
        task, self._work = self._work, None
        self._is_drawing = False
        if task is not None:
            task.cancel()
        self._refresh()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if self._work is task:
            self._work = None
            self._is_drawing = False
            self._refresh()

    def _on_cropped(self) -> None:
        self.preview.show_part(self.crop.image, self.crop.box())
        value = round(100 * self.crop.zoom)
        if self.zoom.value() != value:
            self.zoom.blockSignals(True)
            self.zoom.setValue(value)
            self.zoom.blockSignals(False)
        self._refresh()

    def _refresh(self) -> None:
        can_draw = self.service.count() > 0
        is_busy = self._work is not None
        self.draw.setText("Stop" if self._is_drawing else "Draw")
        self.draw.setAccessibleName("Stop drawing" if self._is_drawing else "Draw a picture")
        self.draw.setEnabled(can_draw and (self._is_drawing or not is_busy))
        self.service.setEnabled(can_draw and not is_busy)
        self.service.setVisible(can_draw)
        self.no_service.setVisible(not can_draw)
        self.bar.setVisible(self._is_drawing)
        self.file.setEnabled(not is_busy)
        self.zoom.setEnabled(self.crop.image is not None)
        self.use.setEnabled(self._source is not None and not is_busy)

    def close_down(self) -> None:
        """Stop what is under way."""
        self._stop()


def _dropped(event: QDragEnterEvent | QDropEvent) -> Path | None:
    urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
    return Path(urls[0].toLocalFile()) if urls else None


def _read(path: Path) -> bytes:
    """A file's bytes. Raises PersonaError."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise PersonaError(
                _unreadable(f"{path.name} is larger than {_LARGEST_BYTES // 1_000_000} MB.")
            )
        return path.read_bytes()
    except OSError as e:
        raise PersonaError(_unreadable(f"{path.name} cannot be read.", e.strerror or str(e))) from e


def _unreadable(sentence: str, words: str = "") -> Problem:
    return Problem(
        Stage.PERSONA, Reason.BAD_INPUT, sentence, "Choose another file (PNG, JPEG or WebP).", words
    )
