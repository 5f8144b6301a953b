"""The Desk page: personas, the launch card, the bots, and the panel about the chosen one."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.events import (
    AftermathChanged,
    BotProblem,
    Event,
    LogLine,
    PersonaChanged,
    SettingsChanged,
    TunnelState,
    TurnTimed,
)
from speakdesk.domain.launch import BotView, Launch
from speakdesk.domain.meeting import Platform
from speakdesk.ui.components.bot_list import BotList
from speakdesk.ui.components.details_panel import DetailsPanel
from speakdesk.ui.components.launch_card import LaunchCard
from speakdesk.ui.components.log_panel import LogPanel
from speakdesk.ui.components.persona_list import PersonaList
from speakdesk.ui.components.timing_panel import TimingPanel
from speakdesk.ui.components.transcript_panel import TranscriptPanel
from speakdesk.ui.face import Face
from speakdesk.ui.models.bots import BotsModel
from speakdesk.ui.models.log import LogModel
from speakdesk.ui.models.personas import PersonasModel
from speakdesk.ui.models.timing import TimingBook
from speakdesk.ui.models.transcript import TranscriptModel
from speakdesk.ui.practice_audio import PracticeAudio
from speakdesk.ui.widgets.tall_scroll import TallScroll

_LEAST_PANEL = 276
PANELS = ("Transcript", "Timing", "Log", "Details")


class _Panel(QFrame):
    """Takes the height that is left; the wrapped lines in it do not make it taller."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("card", "true")
        self.setMinimumHeight(_LEAST_PANEL)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)

    def hasHeightForWidth(self) -> bool:
        return False


class DeskPage(QWidget):
    """Composes the components and hands each batch of events to the models."""

    live_changed = Signal(int)
    settings_asked = Signal()

    def __init__(self, face: Face, personas: PersonasModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._known: dict[str, BotView] = {}
        self._sending_again: set[str] = set()
        self._live = 0
        self.bots = BotsModel(self)
        self.transcript = TranscriptModel(self)
        self.log = LogModel(self)
        self.timing = TimingBook(self)
        self.audio = PracticeAudio(face.desk, face.tasks, self)
        self.audio.device_chosen.connect(self._on_device_chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._personas = personas
        self.persona_list = PersonaList(face, personas)
        self.persona_list.prompt_asked.connect(self._on_prompt)
        row.addWidget(self.persona_list)
        inside = QWidget()
        self._main = QVBoxLayout(inside)
        self._main.setContentsMargins(20, 16, 20, 18)
        self._main.setSpacing(12)
        row.addWidget(TallScroll(inside), 1)
        self.launch_card = LaunchCard(face, personas)
        self.launch_card.launched.connect(self._on_launched)
        self.launch_card.settings_asked.connect(self.settings_asked)
        self._main.addWidget(self.launch_card)

    def complete(self) -> None:
        """Add the bots and the panel; a step of its own, so that the window answers in between."""
        self.bot_list = BotList(self._face, self.bots)
        self._connect_bot_list()
        self._main.addWidget(self.bot_list)
        self._main.addWidget(self._make_panel(), 1)
        self._show_chosen()

    def _connect_bot_list(self) -> None:
        desk, tasks = self._face.desk, self._face.tasks
        rows = self.bot_list
        rows.chosen_changed.connect(self._on_chosen)
        tasks.connect(rows.hush_asked, desk.hush, "hush")
        tasks.connect(rows.leave_asked, desk.leave, "leave")
        tasks.connect(rows.hush_all_asked, desk.hush_all, "hush all")
        tasks.connect(rows.leave_all_asked, desk.leave_all, "leave all")
        tasks.connect(rows.clear_all_asked, self._clear_finished, "clear finished")
        rows.clear_asked.connect(self.bots.clear)
        rows.again_asked.connect(self._on_again)
        rows.pause_asked.connect(lambda b: self._do(desk.pause_recording(b), "pause recording"))
        rows.resume_asked.connect(lambda b: self._do(desk.resume_recording(b), "go on recording"))
        rows.chat_asked.connect(self._on_chat_asked)
        rows.details_asked.connect(self._on_details_asked)
        rows.settings_asked.connect(self.settings_asked)

    def _do(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do what a row asked for; where it was refused, say why."""

        async def _and_tell() -> None:
            try:
                await work
            except SpeakDeskError as e:
                self._face.tell_problem(e.problem)

        self._face.tasks.start(_and_tell(), name)

    def _on_chat_asked(self, bot_id: str) -> None:
        self.bot_list.choose(bot_id)
        self.tabs.setCurrentIndex(PANELS.index("Transcript"))
        self.transcript_panel.say.write_into_chat()

    def _on_details_asked(self, bot_id: str) -> None:
        self.bot_list.choose(bot_id)
        self.tabs.setCurrentIndex(PANELS.index("Details"))

    def _make_panel(self) -> QFrame:
        frame = _Panel()
        column = QVBoxLayout(frame)
        column.setContentsMargins(14, 6, 14, 12)
        column.setSpacing(6)
        head = QHBoxLayout()
        self.tabs = QTabBar()
        self.tabs.setObjectName("panel")
        self.tabs.setExpanding(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setAccessibleName("Panels")
        for name in PANELS:
            self.tabs.addTab(name)
        self.scope = QComboBox()
        self.scope.setAccessibleName("Whose lines and details are shown")
        self.scope.setMinimumWidth(130)
        self.scope.setMaximumWidth(220)
        self.scope.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.scope.addItem("All bots", "")
        self.scope.activated.connect(lambda _i: self.bot_list.choose(self.scope.currentData()))
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.scope)
        column.addLayout(head)
        self.panels = QStackedWidget()
        self.transcript_panel = TranscriptPanel(self._face, self.transcript, self.audio)
        self.timing_panel = TimingPanel(self._face, self.timing)
        self.log_panel = LogPanel(self._face, self.log)
        self.details_panel = DetailsPanel(self._face)
        for panel in (
            self.transcript_panel,
            self.timing_panel,
            self.log_panel,
            self.details_panel,
        ):
            self.panels.addWidget(panel)
        self.tabs.currentChanged.connect(self._on_panel)
        column.addWidget(self.panels, 1)
        return frame

    def _on_panel(self, place: int) -> None:
        self.panels.setCurrentIndex(place)
        self._refresh_scope()

    def _refresh_scope(self) -> None:
        has_own_filter = PANELS[self.tabs.currentIndex()] == "Log"
        self.scope.setVisible(self.scope.count() > 1 and not has_own_filter)

    def load(self) -> None:
        """Fill in what the open Desk knows."""
        self._load_personas()
        self.launch_card.load()
        self._refresh_scope()
        self.sync()

    def _load_personas(self) -> None:
        found = self._face.desk.personas.all()
        self._face.look.assign_avatars(persona.name for persona in found)
        self._face.look.portraits.set_personas(found)
        self._personas.set_personas(found)

    # -- facts coming up -------------------------------------------------------------------------

    def apply(self, events: Sequence[Event]) -> None:
        """Take one batch of events."""
        views = self._face.desk.bots
        self._known.update(views)
        self.transcript.apply(events, self._known)
        self.timing.add([e for e in events if isinstance(e, TurnTimed)])
        names = {view.bot_id: view.name for view in self._known.values()}
        if log := [e for e in events if isinstance(e, LogLine)]:
            self.log_panel.take(log, names)
        if problems := [line for e in events if (line := _as_log(e)) is not None]:
            self.log_panel.take(problems, names)
        for event in events:
            if isinstance(event, TunnelState):
                self.details_panel.set_public_url(event.public_url)
            elif isinstance(event, AftermathChanged):
                self.details_panel.note_aftermath(event.meeting_id)
        if changed := [e.persona for e in events if isinstance(e, PersonaChanged)]:
            self._load_personas()
            self._face.look.portraits.refresh(changed if all(changed) else ())
        if any(isinstance(e, PersonaChanged | SettingsChanged) for e in events):
            self.launch_card.load()
        self.sync()

    def sync(self) -> None:
        """Show the bots as the Desk has them now."""
        views = tuple(self._face.desk.bots.values())
        self._known.update(self._face.desk.bots)
        if views == self.bots.views:
            return
        self.bots.sync(views)
        self.log_panel.set_bots(self.bots.views)
        self._fill_scope()
        self._show_chosen()
        live = len([view for view in views if view.is_live])
        if any(v.is_live and v.meeting.platform is Platform.PRACTICE for v in views):
            self.audio.open()
        else:
            self.audio.close()
        if live != self._live:
            self._live = live
            self.live_changed.emit(live)

    def tick(self) -> None:
        """Move the clocks, and show what changed without an event."""
        self.sync()
        self.bot_list.tick()

    def sample(self) -> None:
        """Move the level meters."""
        self.bot_list.sample()
        if self.audio.is_microphone_on:
            self.transcript_panel.practice.sample()

    @property
    def live_count(self) -> int:
        """How many bots are in meetings or on their way."""
        return self._live

    # -- what the person asks --------------------------------------------------------------------

    def _on_launched(self, ids: tuple[str, ...], _launch: Launch) -> None:
        self.sync()
        self.bot_list.choose(ids[0] if len(ids) == 1 else "")
        line = self.transcript_panel.practice.line
        if self.launch_card.go.hasFocus() and line.isVisible():
            line.setFocus()

    def _on_prompt(self) -> None:
        if not self._face.tasks.is_running("launch from a prompt"):
            self._face.tasks.start(self._launch_prompt(), "launch from a prompt")

    async def _launch_prompt(self) -> None:
        from speakdesk.ui.personas.prompt_dialog import prompt_dialog

        persona = await prompt_dialog(self.launch_card.given, self.window())
        if persona is not None:
            self.launch_card.given.launch(persona)

    def _on_again(self, bot_id: str) -> None:
        if bot_id not in self._sending_again:
            self._sending_again.add(bot_id)
            self._face.tasks.start(self._send_again(bot_id), f"send again {bot_id}")

    async def _send_again(self, bot_id: str) -> None:
        try:
            ids = await self._face.desk.send_again(bot_id)
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
            return
        finally:
            self._sending_again.discard(bot_id)
        self.bots.clear(bot_id)
        self.sync()
        if ids:
            self.bot_list.choose(ids[0])

    async def _clear_finished(self) -> None:
        await self._face.desk.forget_ended()
        self.sync()

    def _on_device_chosen(self, name: str, key: str) -> None:
        self._face.tasks.start(self._keep_device(name, key), "keep device")

    async def _keep_device(self, name: str, key: str) -> None:
        settings = self._face.desk.settings.current
        try:
            await self._face.desk.save_settings(settings.with_changes(**{name: key}))
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)

    def _on_chosen(self, bot_id: str) -> None:
        self.transcript.show_bot(bot_id, self._known)
        self.timing_panel.show_bot(bot_id)
        place = self.scope.findData(bot_id)
        self.scope.setCurrentIndex(max(0, place))
        self._show_chosen()

    def _fill_scope(self) -> None:
        wanted = [("All bots", "")] + [(view.name, view.bot_id) for view in self.bots.views]
        if [self.scope.itemData(i) for i in range(self.scope.count())] != [k for _n, k in wanted]:
            self.scope.clear()
            for name, key in wanted:
                self.scope.addItem(name, key)
        self.scope.setCurrentIndex(max(0, self.scope.findData(self.bot_list.chosen)))
        self._refresh_scope()

    def _show_chosen(self) -> None:
        view = self.bots.find(self.bot_list.chosen) if self.bot_list.chosen else None
        live = self.bots.live
        speaker = view
        if speaker is None and len(live) == 1:
            speaker = live[0]
        self.transcript_panel.show_bot(
            speaker,
            has_bots=bool(self.bots.views),
            in_practice=any(v.meeting.platform is Platform.PRACTICE for v in live),
        )
        self.details_panel.show_bot(view or speaker)


def _as_log(event: Event) -> LogLine | None:
    if not isinstance(event, BotProblem):
        return None
    word = "Over: " if event.recovered else ""
    return LogLine(
        at=event.at,
        bot_id=event.bot_id,
        level="info" if event.recovered else "error",
        source=event.problem.stage.value,
        text=f"{word}{event.problem}",
    )
