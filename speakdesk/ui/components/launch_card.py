"""The launch card: a link, the personas, through whom, and what they will speak with."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from speakdesk.domain.errors import LinkError, SpeakDeskError
from speakdesk.domain.join import JoinOptions
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK, MeetingLink, Platform, parse_link
from speakdesk.domain.speech import SpeechPlan
from speakdesk.ui.components.flight_switch import FlightSwitch
from speakdesk.ui.components.given_launch import GivenLaunch
from speakdesk.ui.components.launch_options import LaunchOptions
from speakdesk.ui.components.launch_way import lacks_key, way_obstacle
from speakdesk.ui.desk_port import ProviderRow
from speakdesk.ui.face import Face
from speakdesk.ui.models.personas import PersonasModel
from speakdesk.ui.widgets.basics import ElidedLabel, button, label, set_tone
from speakdesk.ui.widgets.chip import Chip
from speakdesk.ui.widgets.flow import FlowLayout
from speakdesk.ui.words import count

_RECORDER_TIP = "One more bot that only joins and records: it neither listens nor speaks here."


class _FirmColumn(QVBoxLayout):
    """Is never squeezed below the height its content wants."""

    def minimumHeightForWidth(self, width: int) -> int:
        return self.heightForWidth(width)


class LaunchCard(QFrame):
    """Emits `launched` with the bots' ids once the Desk has taken the launch."""

    launched = Signal(object, object)
    settings_asked = Signal()

    def __init__(self, face: Face, personas: PersonasModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._personas = personas
        self._link: MeetingLink | None = None
        self._link_error: LinkError | None = None
        self._is_launching = False
        self._has_focus = False
        self._plans: dict[str, SpeechPlan] = {}
        self._plan_troubles: list[str] = []
        self.given = GivenLaunch(face, self)
        self.setProperty("card", "true")
        column = _FirmColumn(self)
        column.setContentsMargins(14, 12, 14, 10)
        column.setSpacing(10)
        column.addLayout(self._make_link_row())
        column.addLayout(self._make_bots_row())
        self._trouble = label(tone="attention", wrap=True, selectable=True)
        self._trouble.setAccessibleName("What stands in the way of a launch")
        self._to_settings = button("Open Settings", kind="small", tip="Keys and addresses")
        self._to_settings.clicked.connect(self.settings_asked)
        trouble = QHBoxLayout()
        trouble.setSpacing(12)
        trouble.addWidget(self._trouble, 1)
        trouble.addWidget(self._to_settings, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(trouble)
        self.options = LaunchOptions(face)
        self.options.setVisible(False)
        column.addLayout(self._make_plan_row())
        column.addWidget(self.flight.note)
        column.addWidget(self.options)
        self.options.changed.connect(self._on_options)
        self.options.plan_changed.connect(self.refresh)
        personas.chosen_changed.connect(self._on_chosen)
        self.link.setText(PRACTICE_LINK.url)
        self._on_chosen()

    def _make_link_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        self.link = QLineEdit()
        self.link.setPlaceholderText("Paste a Google Meet, Zoom or Teams link")
        self.link.setAccessibleName("Meeting link")
        self.link.setToolTip("Meeting link (Ctrl+L). practice://room is the room on this computer.")
        self.link.textChanged.connect(self._on_link_changed)
        self.link.returnPressed.connect(self.launch)
        self._verdict = label(strong=True)
        row.addWidget(self.link, 1)
        row.addWidget(self._verdict)
        return row

    def _make_bots_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        as_label = label("As", tone="muted")
        as_label.setFixedHeight(34)
        row.addWidget(as_label, 0, Qt.AlignmentFlag.AlignTop)
        holder = QWidget()
        holder.setObjectName("transparent")
        self._chips = FlowLayout(holder, 8)
        row.addWidget(holder, 1)
        through = label("through", tone="muted")
        through.setFixedHeight(34)
        row.addWidget(through, 0, Qt.AlignmentFlag.AlignTop)
        self.provider = QComboBox()
        self.provider.setAccessibleName("Through which provider")
        self.provider.setMinimumWidth(168)
        self.provider.currentIndexChanged.connect(self._on_provider_changed)
        row.addWidget(self.provider, 0, Qt.AlignmentFlag.AlignTop)
        self.go = button(
            "Launch", kind="primary", tip="Send the bots into the meeting (Ctrl+Enter)"
        )
        self.go.setMinimumWidth(140)
        self.go.clicked.connect(self.launch)
        row.addWidget(self.go, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _make_plan_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._plan = ElidedLabel(tone="muted")
        self._plan.inner.setProperty("type", "small")
        self.recorder = QCheckBox("Add a record-only bot")
        self.recorder.setToolTip(_RECORDER_TIP)
        self.recorder.toggled.connect(self.refresh)
        self.flight = FlightSwitch()
        self._more = button("More options ▾", kind="quiet", name="More options")
        self._more.setCheckable(True)
        self._more.toggled.connect(self._on_more)
        row.addWidget(self._plan, 1)
        row.addWidget(self.flight)
        row.addWidget(self.recorder)
        row.addWidget(self._more)
        return row

    def _on_more(self, on: bool) -> None:
        self.options.setVisible(on)
        self._tell_more()

    def _tell_more(self) -> None:
        number = self.options.change_count
        if self._more.isChecked():
            words = "Fewer options ▴"
        else:
            words = f"More options · {number} changed ▾" if number else "More options ▾"
        self._more.setText(words)
        changed = f", {number} changed" if number else ""
        self._more.setAccessibleName(f"More options{changed}")

    def _on_options(self) -> None:
        self._tell_troubles()

    def load(self) -> None:
        """Fill in providers and the default choice; call it once the Desk is open."""
        chosen = self.provider.currentData()
        settings = self._face.desk.settings.current
        self.provider.blockSignals(True)
        self.provider.clear()
        for info in self._face.desk.providers():
            self.provider.addItem(info.name, info.key)
        wished = self.provider.findData(chosen or settings.provider)
        self.provider.setCurrentIndex(max(0, wished))
        self.provider.blockSignals(False)
        self.options.set_defaults(_join_defaults(settings))
        self.flight.set_default(bool(getattr(settings, "record_flights", False)))
        if not self._personas.chosen:
            self._personas.choose(self._face.desk.default_personas())
        self._on_link_changed()

    def focus_link(self) -> None:
        """Put the cursor into the link, all of it selected."""
        self.link.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.link.selectAll()

    def _on_chosen(self) -> None:
        while (item := self._chips.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for persona in self._personas.chosen_personas:
            chip = Chip(self._face.look, persona.key, persona.name)
            chip.removed.connect(self._personas.toggle)
            self._chips.addWidget(chip)
        if not self._personas.chosen:
            note = label("Choose one or more personas on the left.", tone="muted")
            note.setMinimumHeight(34)
            self._chips.addWidget(note)
        self._chips.invalidate()
        settings = self._face.desk.settings.current
        self.options.set_personas(
            self._personas.chosen_personas, tuple(getattr(settings, "tools", ()))
        )
        self.refresh()

    def _on_provider_changed(self) -> None:
        self.refresh()

    def _on_link_changed(self) -> None:
        self._link_error = None
        try:
            self._link = parse_link(self.link.text())
        except LinkError as e:
            self._link, self._link_error = None, e
        if self._link is not None:
            self._verdict.setText(f"{self._link.platform.label} ✓")
            set_tone(self._verdict, "good")
            self._pick_provider(self._link)
        else:
            self._verdict.setText(
                "No meeting yet" if not self.link.text().strip() else "No meeting ✗"
            )
            set_tone(self._verdict, "muted" if not self.link.text().strip() else "bad")
        is_wrong = self._link is None and bool(self.link.text().strip())
        self.link.setProperty("wrong", "true" if is_wrong else "false")
        self.link.style().unpolish(self.link)
        self.link.style().polish(self.link)
        self.refresh()

    def _pick_provider(self, link: MeetingLink) -> None:
        """Grey out who cannot reach this kind of meeting, and take one who can."""
        model = self.provider.model()
        assert isinstance(model, QStandardItemModel)
        fit: list[int] = []
        for row, info in enumerate(self._face.desk.providers()):
            item = model.item(row)
            if item is None:
                continue
            can = link.platform in info.platforms and info.is_ready
            item.setEnabled(can)
            reason = f"{info.name} does not reach {link.platform.label}."
            item.setToolTip(info.why if link.platform in info.platforms else reason)
            if can:
                fit.append(row)
        if fit and self.provider.currentIndex() not in fit:
            self.provider.setCurrentIndex(fit[0])

    def _provider_row(self) -> ProviderRow | None:
        key = self.provider.currentData()
        return next((p for p in self._face.desk.providers() if p.key == key), None)

    def _obstacle(self) -> str:
        """Why a launch cannot go now; empty where it can."""
        if self._link is None:
            error = self._link_error
            return str(error.problem) if error is not None and self.link.text().strip() else ""
        if obstacle := self.way_obstacle():
            return obstacle
        missing = [text for plan in self._plans.values() for text in plan.missing]
        return " ".join(dict.fromkeys((*missing, *self.options.problems)))

    def way_obstacle(self) -> str:
        """Why the chosen provider cannot send anybody into the link's meeting."""
        if self._link is None:
            return ""
        return way_obstacle(self._face.desk.providers(), self._provider_row(), self._link.platform)

    def _lacks_key(self) -> bool:
        platform = self._link.platform if self._link is not None else None
        is_missing = lacks_key(self._face.desk.providers(), self._provider_row(), platform)
        return is_missing or any(plan.missing for plan in self._plans.values())

    @property
    def adds_recorder(self) -> bool:
        """True where one more bot only joins and records."""
        return self.recorder.isEnabled() and self.recorder.isChecked()

    def refresh(self) -> None:
        """Work out the plan and whether the launch can go."""
        self._plans = {}
        self._plan_troubles = []
        for persona in self._personas.chosen_personas:
            try:
                plan = self._face.desk.plan(persona.key, self.options.voice.wish)
                self._plans[persona.name] = plan
            except SpeakDeskError as e:
                self._plan_troubles.append(str(e.problem))
        self._show_plan(self._plans)
        self.options.set_way(self._provider_row(), self._link.platform if self._link else None)
        reason = self.options.reasons.get("add_recorder", "")
        self.recorder.setEnabled(not reason)
        self.recorder.setToolTip(reason or _RECORDER_TIP)
        self._tell_troubles()

    def _tell_troubles(self) -> None:
        self._tell_more()
        obstacle = " ".join([self._obstacle(), *self._plan_troubles]).strip()
        warnings = list(dict.fromkeys(w for plan in self._plans.values() for w in plan.warnings))
        self._trouble.setText("  ".join(part for part in (obstacle, *warnings) if part))
        self._trouble.setVisible(bool(self._trouble.text()))
        set_tone(self._trouble, "bad" if obstacle else "attention")
        self._to_settings.setVisible(self._lacks_key())
        number = len(self._personas.chosen) + self.adds_recorder
        verb = "Launch" if self.options.joining.join_at is None else "Schedule"
        self.go.setText(f"{verb} {count(number, 'bot')}" if number else verb)
        if self._is_launching:
            self.go.setText("Launching…")
        can = bool(self._link and number and not obstacle and not self._is_launching)
        self.go.setEnabled(can)
        self.go.setAccessibleName(self.go.text())

    def _show_plan(self, plans: dict[str, SpeechPlan]) -> None:
        sentences: dict[str, list[str]] = {}
        for name, plan in plans.items():
            sentences.setdefault(self._face.desk.plan_sentence(plan), []).append(name)
        if len(sentences) == 1:
            text = next(iter(sentences))
        else:
            text = "  ".join(f"{' and '.join(names)}: {s}" for s, names in sentences.items())
        why = []
        for name, plan in plans.items():
            why.append(name)
            why += [
                f"  hears: {plan.stt.why}",
                f"  thinks: {plan.llm.why}",
                f"  speaks: {plan.tts.why}",
            ]
        self._plan.set_text(text, "\n".join(why))
        self.options.voice.set_plan(next(iter(plans.values())) if len(plans) == 1 else None)

    def launch(self) -> None:
        """Launch what is chosen, where nothing stands in the way."""
        self.refresh()
        if not self.go.isEnabled() or self._link is None:
            return
        self.start(self.launch_into(self._link))

    def launch_into(self, link: MeetingLink) -> Launch:
        """What would be launched into this meeting now."""
        options = self.options
        return Launch(
            meeting=link,
            personas=self._personas.chosen,
            provider=str(self.provider.currentData()),
            rate_hz=options.voice.rate_hz,
            tools=options.voice.chosen_tools,
            greeting=options.voice.chosen_greeting,
            speech=options.voice.wish,
            websocket_url=options.technical.websocket_url,
            names=options.bot.chosen_names,
            picture_url=options.bot.picture_url,
            entry_message=options.bot.entry_message,
            extra=options.technical.extra,
            options=options.join_options,
            add_recorder=self.adds_recorder,
            join_at=options.joining.join_at,
            flight=self.flight.chosen,
        )

    @property
    def meeting(self) -> MeetingLink | None:
        """The meeting of the link, where it is one."""
        return self._link

    def start(self, launch: Launch) -> None:
        """Hand a launch to the Desk; the button waits until it has been taken."""
        self._has_focus = self.go.hasFocus()
        self._is_launching = True
        self.refresh()
        self._face.tasks.start(self._launch(launch), "launch")

    async def _launch(self, launch: Launch) -> None:
        try:
            if launch.meeting.platform is Platform.PRACTICE:
                self._face.desk.practice.arrange(self.options.bad_days.incidents)
            ids = await self._face.desk.launch(launch)
        except SpeakDeskError as e:
            ids = ()
            self._face.tell_problem(e.problem)
        finally:
            self._is_launching = False
            self.refresh()
            if self._has_focus and self.go.isEnabled():
                self.go.setFocus()
        if ids:
            self.launched.emit(ids, launch)


def _join_defaults(settings: Any) -> JoinOptions:
    join = getattr(settings, "join", None)
    return join.options() if join is not None else JoinOptions()
