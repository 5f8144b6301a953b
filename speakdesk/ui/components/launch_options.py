"""The fold “More options” of the launch card: a tab for each group, its height that of the tab."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QTabBar, QVBoxLayout, QWidget

from speakdesk.app.bots.option_limits import rates_of, reasons_against
from speakdesk.domain.join import JoinOptions, LeaveTimeouts
from speakdesk.domain.meeting import Platform
from speakdesk.domain.persona import Persona
from speakdesk.ui.components.bad_days import BadDays
from speakdesk.ui.components.options.accounts import AccountOptions
from speakdesk.ui.components.options.bot import BotOptions
from speakdesk.ui.components.options.joining import JoiningOptions
from speakdesk.ui.components.options.recording import RecordingOptions
from speakdesk.ui.components.options.technical import TechnicalOptions
from speakdesk.ui.components.options.voice import VoiceOptions
from speakdesk.ui.desk_port import ProviderRow
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import button, rule


class Group(Protocol):
    """What the fold asks of each of its tabs."""

    @property
    def change_count(self) -> int: ...

    @property
    def problems(self) -> tuple[str, ...]: ...

    def reset(self) -> None: ...


class LaunchOptions(QWidget):
    """Emits `changed` with every edit, `plan_changed` where it concerns the speech services."""

    changed = Signal()
    plan_changed = Signal()

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self.setObjectName("transparent")
        self.reasons: dict[str, str] = {}
        self._defaults = JoinOptions()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(8)
        column.addWidget(rule())
        head = QHBoxLayout()
        self.tabs = QTabBar()
        self.tabs.setObjectName("options")
        self.tabs.setExpanding(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setDrawBase(False)
        self.tabs.setAccessibleName("Groups of launch options")
        self.clear = button(
            "Back to the defaults", kind="quiet", tip="Undo every change under More options"
        )
        self.clear.clicked.connect(self.reset)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.clear)
        column.addLayout(head)
        self.voice = VoiceOptions()
        self.bot = BotOptions()
        self.joining = JoiningOptions()
        self.recording = RecordingOptions(self._key)
        self.accounts = AccountOptions()
        self.technical = TechnicalOptions()
        self.bad_days = BadDays()
        self._pages: dict[str, QWidget] = {
            "Voice": self.voice,
            "Bots": self.bot,
            "Joining": self.joining,
            "Recording": self.recording,
            "Account": self.accounts,
            "For programmers": self.technical,
            "Practice": self.bad_days,
        }
        self._groups: dict[str, Group] = {
            "Voice": self.voice,
            "Bots": self.bot,
            "Joining": self.joining,
            "Recording": self.recording,
            "Account": self.accounts,
            "For programmers": self.technical,
        }
        for title, page in self._pages.items():
            self.tabs.addTab(title)
            column.addWidget(page)
        self.voice.changed.connect(self._on_voice)
        for group in (self.bot, self.joining, self.recording, self.accounts, self.technical):
            group.changed.connect(self._on_edit)
        self.tabs.currentChanged.connect(self._show_page)
        self._show_page(0)
        self._tell_changes()

    def _key(self, name: str) -> str:
        return str(self._face.desk.keys.keys.get(name))

    def _on_voice(self) -> None:
        self._tell_changes()
        self.plan_changed.emit()

    def _on_edit(self) -> None:
        self._tell_changes()
        self.changed.emit()

    def _tell_changes(self) -> None:
        for place, title in enumerate(self._pages):
            group = self._groups.get(title)
            number = group.change_count if group is not None else 0
            is_wrong = bool(group is not None and group.problems)
            words = f"{title} · {number}" if number else title
            self.tabs.setTabText(place, f"{words} !" if is_wrong else words)
            self.tabs.setTabToolTip(place, "Something here is wrong" if is_wrong else "")
        self.clear.setVisible(self.change_count > 0)

    def _show_page(self, place: int) -> None:
        for number, page in enumerate(self._pages.values()):
            page.setVisible(number == place)

    def show_group(self, title: str) -> None:
        """Go to one of the tabs."""
        self.tabs.setCurrentIndex(list(self._pages).index(title))

    def reset(self) -> None:
        """Every option as it is by default."""
        for group in self._groups.values():
            group.reset()
        self._tell_changes()
        self.plan_changed.emit()

    def set_personas(self, personas: tuple[Persona, ...], default_tools: tuple[str, ...]) -> None:
        """Show what the chosen personas would do by themselves."""
        self.voice.set_personas(personas, default_tools)
        self.bot.set_personas(personas)
        self._tell_changes()

    def set_defaults(self, join: JoinOptions) -> None:
        """Show what the settings ask for where a launch says nothing."""
        self._defaults = join
        self.joining.set_defaults(join.timeouts)
        chosen = "provider" if join.transcription is not None else ""
        self.recording.set_defaults(join.recording.value, chosen)
        self._tell_changes()

    def set_way(self, provider: ProviderRow | None, platform: Platform | None) -> None:
        """Grey out what this provider cannot do in a meeting of this kind."""
        if provider is None:
            return
        self.reasons = dict(
            reasons_against(provider.key, provider.name, provider.capabilities, platform)
        )
        for group in (self.bot, self.joining, self.recording, self.accounts, self.technical):
            group.bar(self.reasons)
        self.accounts.set_platform(platform)
        self.voice.set_rates(rates_of(provider.key))
        places = list(self._pages)
        is_practice = platform is Platform.PRACTICE
        for title, fits in (("Practice", is_practice), ("Account", not is_practice)):
            place = places.index(title)
            self.tabs.setTabVisible(place, fits)
            if not fits and self.tabs.currentIndex() == place:
                self.tabs.setCurrentIndex(0)
        self._tell_changes()

    @property
    def change_count(self) -> int:
        """How many options differ from what they are by default."""
        return sum(group.change_count for group in self._groups.values())

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong under any tab, in sentences; a launch cannot go before it is mended."""
        found = [problem for group in self._groups.values() for problem in group.problems]
        return tuple(dict.fromkeys((*found, *self.join_options.wrong())))

    @property
    def join_options(self) -> JoinOptions:
        """How the bots join: the settings' way, with what was chosen here."""
        typed, usual = self.joining.leave_timeouts, self._defaults.timeouts
        given = {
            name: seconds
            for name in LeaveTimeouts.__dataclass_fields__
            if (seconds := getattr(typed, name)) is not None
        }
        return replace(
            self._defaults,
            recording=self.recording.recording,
            timeouts=replace(usual, **given),
            transcription=self.recording.chosen_transcription,
            zoom=self.accounts.zoom_options,
            sign_in=self.accounts.sign_in,
            callback=self.technical.callback_options,
            allow_multiple_bots=self.joining.allow_multiple_bots,
            deduplication_key=self.technical.chosen_deduplication_key,
        )
