"""Exporting from a recording: a menu, a file to choose, how far it is, and a way to stop it."""

from __future__ import annotations

import asyncio
import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QProgressBar, QWidget

from speakdesk.app.flight.export import ExportKind, Span, export_flight
from speakdesk.app.flight.view import FlightView
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.ui.dialogs.ask import ask_save_path, ask_to_replace
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import ElidedLabel, button

_STEPS = 1000
_TASK = "export a recording"
_CHOICES: tuple[tuple[ExportKind, str, str], ...] = (
    (ExportKind.MIXED, "Sound, both voices together (WAV)…", "Sound (*.wav)"),
    (ExportKind.STEREO, "Sound, meeting left and bot right (WAV)…", "Sound (*.wav)"),
    (ExportKind.SRT, "Subtitles (SRT)…", "Subtitles (*.srt)"),
    (ExportKind.VTT, "Web subtitles (VTT)…", "Web subtitles (*.vtt)"),
    (ExportKind.CLIP, "A clip that can be played and replayed…", "Recording (*.speakdesk)"),
)


class ExportBar(QWidget):
    """The button with its menu; while something is written, a bar and Stop take its place.

    Exports the selection where there is one, all of the recording otherwise.
    """

    finished = Signal()

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        self._face = face
        self._view: FlightView | None = None
        self._selection: tuple[float, float] | None = None
        self._task: asyncio.Task[None] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.words = ElidedLabel(tone="muted")
        self.words.setMinimumWidth(150)
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(120)
        self.bar.setAccessibleName("How much is exported")
        self.stop = button("Stop", kind="small", name="Stop the export")
        self.stop.clicked.connect(self.cancel)
        self.open = button("Export…", tip="Sound, subtitles or a clip of this recording")
        self.menu = QMenu(self)
        for kind, words, _filter in _CHOICES:
            action = self.menu.addAction(words)
            action.setData(kind)
            action.triggered.connect(lambda _on=False, k=kind: self.start(k))
        self.open.setMenu(self.menu)
        for made in (self.words, self.bar, self.stop, self.open):
            row.addWidget(made)
        self._show_running(False)

    def show_view(self, view: FlightView | None) -> None:
        """Export from this one."""
        self.cancel()
        self._view = view
        self.open.setEnabled(view is not None)
        self.set_selection(None)

    def set_selection(self, part: tuple[float, float] | None) -> None:
        """Export this part, or all."""
        self._selection = part
        self.open.setText("Export…" if part is None else "Export selection…")
        self.open.setAccessibleName(self.open.text())

    def start(self, kind: ExportKind) -> None:
        """Ask where to, and write."""
        if self._view is not None and (self._task is None or self._task.done()):
            self._task = self._face.tasks.start(self._export(self._view, kind), _TASK)

    def cancel(self) -> None:
        """Stop what is being written; it leaves nothing behind."""
        if self._task is not None:
            self._task.cancel()

    async def _export(self, view: FlightView, kind: ExportKind) -> None:
        part = self._selection or (0.0, view.duration_s)
        name_filter = next(f for k, _, f in _CHOICES if k is kind)
        name = f"{_plain(view.path.stem)}{'' if self._selection is None else ' part'}{kind.suffix}"
        chosen = await ask_save_path(
            self.window(), "Export from the recording", name, [name_filter]
        )
        if chosen is None:
            return
        path = chosen[0]
        if path.suffix.lower() != kind.suffix:
            path = path.with_name(f"{path.name}{kind.suffix}")
            is_taken = await asyncio.to_thread(path.exists)
            if is_taken and not await ask_to_replace(self.window(), path):
                return
        self.words.set_text(f"Writing {path.name}")
        self._on_progress(0.0)
        self._show_running(True)
        try:
            await export_flight(view, kind, Span(*part), path, self._on_progress)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
        else:
            self._face.tell("info", f"{path.name} was written.", "")
        finally:
            self._show_running(False)
            self.finished.emit()

    def _on_progress(self, done: float) -> None:
        self.bar.setValue(round(done * _STEPS))

    def _show_running(self, on: bool) -> None:
        for made in (self.words, self.bar, self.stop):
            made.setVisible(on)
        self.open.setVisible(not on)


def _plain(stem: str) -> str:
    """A recording's own name without the ids in it."""
    return re.sub(r"\s*\(\w+-\w+\)(-\d+)?$", "", stem) or "recording"
