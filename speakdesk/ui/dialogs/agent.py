"""The question for ngrok's missing program, and the bar while it is being fetched."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from speakdesk.domain.tunnel import AgentAnswer, AgentOffer
from speakdesk.ui.dialogs.ask import ask_file
from speakdesk.ui.face import next_words
from speakdesk.ui.widgets.basics import ElidedLabel, button, label

_OTHER_WAYS = (
    "Other ways: put a public address of this computer into Settings (BASE_URL), or give one for a "
    "single launch under More options, For programmers."
)


class AgentDialog(QDialog):
    """Emits `stopped` where a person stops the fetching. Nothing is fetched before they say so."""

    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answer: asyncio.Future[AgentAnswer] | None = None
        self._is_fetching = False
        self.setWindowTitle("ngrok's program")
        self.setModal(True)
        self.setMinimumWidth(560)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(8)
        self._title = label(size="title", wrap=True)
        self._detail = label(tone="muted", wrap=True)
        self._source = ElidedLabel(tone="muted")
        self._target = ElidedLabel(tone="muted")
        for line in (self._source, self._target):
            line.inner.setProperty("type", "small")
        self._problem = label(tone="bad", wrap=True, selectable=True)
        self._ways = label(_OTHER_WAYS, tone="muted", size="small", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setAccessibleName("How much of ngrok's program is there")
        for widget in (
            self._title,
            self._detail,
            self._problem,
            self._source,
            self._target,
            self.bar,
            self._ways,
        ):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addLayout(self._make_buttons())
        self._show_phase()

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.no = button("Not now")
        self.choose = button("Choose a file…", tip="Use an ngrok that is on this computer already")
        self.fetch = button("Fetch it", kind="primary")
        self.hide_button = button("Hide", tip="The header goes on showing how far it is")
        self.stop = button("Stop fetching")
        self.no.clicked.connect(self.reject)
        self.choose.clicked.connect(self._on_choose)
        self.fetch.clicked.connect(self._on_fetch)
        self.hide_button.clicked.connect(self.hide)
        self.stop.clicked.connect(self._on_stop)
        row.addWidget(self.choose)
        row.addStretch(1)
        for made in (self.no, self.fetch, self.hide_button, self.stop):
            row.addWidget(made)
        self.fetch.setDefault(True)
        return row

    async def ask(self, offer: AgentOffer) -> AgentAnswer:
        """What the person wants done. Cancelling it takes the question away."""
        self._is_fetching = False
        self._answer = asyncio.get_running_loop().create_future()
        size = f" ({offer.size_bytes / 1e6:.0f} MB)" if offer.size_bytes else ""
        self.fetch.setText(f"Fetch it{size}")
        self.fetch.setAccessibleName(f"Fetch ngrok's program{size}")
        self._source.set_text(f"From {urlsplit(offer.source).hostname}", offer.source)
        self._target.set_text(f"To {offer.target}")
        problem = offer.problem
        words = f"{problem.sentence} {next_words(problem)}" if problem is not None else ""
        self._problem.setText(words.strip())
        self._show_phase()
        self.open()
        self.fetch.setFocus()
        try:
            answer = await self._answer
        except asyncio.CancelledError:
            self.hide()
            raise
        finally:
            self._answer = None
        if not self._is_fetching:
            self.hide()
        return answer

    def show_fraction(self, fraction: float) -> None:
        """So much of the program is there, 0..1."""
        self.bar.setValue(round(100 * fraction))

    def finish(self) -> None:
        """The fetching is over, well or badly."""
        if self._is_fetching:
            self._is_fetching = False
            self.hide()

    @property
    def is_fetching(self) -> bool:
        """True from the person's word until `finish`."""
        return self._is_fetching

    def reject(self) -> None:
        """Escape: not now; while it is fetched, only the dialog goes."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(AgentAnswer.no())
        self.hide()

    def _on_fetch(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._is_fetching = True
            self.bar.setValue(0)
            self._show_phase()
            self._answer.set_result(AgentAnswer.fetch())

    def _on_choose(self) -> None:
        ask_file(self, "ngrok's program", self._on_file)

    def _on_file(self, path: Path) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(AgentAnswer.use(str(path)))

    def _on_stop(self) -> None:
        self.finish()
        self.stopped.emit()

    def _show_phase(self) -> None:
        busy = self._is_fetching
        self._title.setText(
            "Fetching ngrok's program" if busy else "Meetings cannot reach this computer yet"
        )
        self._detail.setText(
            "The bots wait for it, then go on by themselves."
            if busy
            else "A meeting's bot dials this desk through a tunnel. ngrok's program opens it, and "
            "it is not on this computer. Nothing is fetched before you say so."
        )
        self.setAccessibleName(f"{self._title.text()}. {self._detail.text()}")
        for asking in (self.no, self.choose, self.fetch, self._ways):
            asking.setVisible(not busy)
        self._problem.setVisible(not busy and bool(self._problem.text()))
        for fetching in (self.bar, self.hide_button, self.stop):
            fetching.setVisible(busy)
        self.adjustSize()
