"""A download's progress on stderr."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from speakdesk.app.past.after_meeting import DownloadProgress


class DownloadBar:
    """A bar while it is entered; on a stderr that is no terminal only its last state is printed."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> DownloadBar:
        self._task = self._progress.add_task(self._words, total=None)
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, progress: DownloadProgress) -> None:
        """Show how far it is."""
        if self._task is not None:
            self._progress.update(
                self._task, completed=progress.done_bytes, total=progress.total_bytes
            )
