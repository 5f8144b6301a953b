"""One file of a past meeting: what it is, how far it is, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from speakdesk.app.past.after_meeting import DownloadProgress
from speakdesk.app.past.history import FileRecord
from speakdesk.domain.aftermath import ArtifactKind
from speakdesk.ui.widgets.basics import ElidedLabel, button, label
from speakdesk.ui.words import local_day

KIND_WORDS = {
    ArtifactKind.VIDEO: "Video",
    ArtifactKind.AUDIO: "Sound",
    ArtifactKind.TRANSCRIPT: "Transcript",
    ArtifactKind.RAW_TRANSCRIPT: "Transcript as the transcriber made it",
    ArtifactKind.DIARIZATION: "Who spoke when",
    ArtifactKind.CHAT: "Chat",
    ArtifactKind.PARTICIPANTS: "Participants",
}
_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Fetching:
    """How a download stands: it runs, or was stopped where `progress` says."""

    progress: DownloadProgress
    is_running: bool = True


def size_words(size_bytes: int) -> str:
    """`812 KB`, `124 MB`, `1.4 GB`."""
    size = float(size_bytes)
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


class FileRow(QWidget):
    """Emits what is wanted; downloads nothing itself."""

    download_asked = Signal()
    cancel_asked = Signal()
    folder_asked = Signal()

    def __init__(self, kind: ArtifactKind, provider: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        self._provider = provider
        name = KIND_WORDS[kind]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 6, 0, 6)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(label(name, strong=True))
        self.detail = ElidedLabel(tone="muted")
        words.addWidget(self.detail)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(f"{name}: how much is here")
        words.addWidget(self.bar)
        row.addLayout(words, 1)
        self.download = button("Download", kind="small", name=f"Download {name}")
        self.cancel = button("Stop", kind="small", name=f"Stop downloading {name}")
        self.folder = button("Open folder", kind="small", name=f"Open the folder of {name}")
        self.download.clicked.connect(self.download_asked)
        self.cancel.clicked.connect(self.cancel_asked)
        self.folder.clicked.connect(self.folder_asked)
        for made in (self.download, self.cancel, self.folder):
            row.addWidget(made)

    def show_file(self, file: FileRecord, fetching: Fetching | None) -> None:
        """Show how the file stands."""
        is_running = fetching is not None and fetching.is_running
        is_here = bool(file.path) and fetching is None
        self.bar.setVisible(is_running)
        self.cancel.setVisible(is_running)
        self.folder.setVisible(is_here)
        self.download.setVisible(file.is_there and not is_running)
        self.download.setText(
            "Go on" if fetching is not None else "Download again" if is_here else "Download"
        )
        if fetching is not None:
            self._show_progress(fetching)
        elif file.path:
            size = f"{size_words(file.size_bytes)} · " if file.size_bytes is not None else ""
            self.detail.set_text(f"{size}{Path(file.path).name}", file.path)
        elif file.is_there:
            until = (
                f" The last link is good until {local_day(file.expires)}." if file.expires else ""
            )
            self.detail.set_text(
                f"At {self._provider}",
                f"A fresh link is asked for with each download.{until}",
            )
        else:
            self.detail.set_text(f"{self._provider} does not have it any more")

    def _show_progress(self, fetching: Fetching) -> None:
        progress = fetching.progress
        fraction = progress.fraction
        self.bar.setRange(0, 0 if fraction is None else _STEPS)
        self.bar.setValue(round((fraction or 0.0) * _STEPS))
        done = size_words(progress.done_bytes)
        if progress.total_bytes:
            done = f"{done} of {size_words(progress.total_bytes)}"
        self.detail.set_text(done if fetching.is_running else f"Stopped at {done}")
