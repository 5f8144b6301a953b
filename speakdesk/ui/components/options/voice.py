"""Launch options about the voice: services, greeting, tools, sample rate."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from speakdesk.app.offers import service_offers
from speakdesk.domain.launch import RATES_HZ
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Role, SpeechPlan, SpeechWish
from speakdesk.ui.widgets.basics import ElidedLabel, label

TOOLS = (("weather", "Weather"), ("time", "Time in a place"))
ROLE_WORDS = ((Role.STT, "Hears with"), (Role.LLM, "Thinks with"), (Role.TTS, "Speaks with"))


def service_combo(role: Role, first: str) -> QComboBox:
    """A combo of one role's services; its first entry, with no data, is `first`."""
    combo = QComboBox()
    combo.addItem(first, "")
    for offer in service_offers(role):
        combo.addItem(offer.name, offer.key)
        tip = f"{offer.sentence} Needs {offer.needs}." if offer.needs else offer.sentence
        combo.setItemData(combo.count() - 1, tip, 3)
    return combo


class VoiceOptions(QWidget):
    """Emits `changed` when something that concerns the plan was changed."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        self.title = "Voice"
        self._touched_tools = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(self._make_services())
        column.addLayout(self._make_greeting())
        column.addLayout(self._make_tools())

    def _make_services(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        self.services: dict[Role, QComboBox] = {}
        self._why: dict[Role, ElidedLabel] = {}
        for place, (role, words) in enumerate(ROLE_WORDS):
            combo = service_combo(role, "As the persona says")
            combo.setAccessibleName(words)
            combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            combo.currentIndexChanged.connect(self.changed)
            why = ElidedLabel(tone="muted")
            why.inner.setProperty("type", "small")
            grid.addWidget(label(words, tone="muted", size="small"), 0, place)
            grid.addWidget(combo, 1, place)
            grid.addWidget(why, 2, place)
            grid.setColumnStretch(place, 1)
            self.services[role] = combo
            self._why[role] = why
        return grid

    def _make_greeting(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        self.greeting = QLineEdit()
        self.greeting.setAccessibleName("Greeting for this launch")
        self.greeting.textChanged.connect(self.changed)
        self.quiet = QCheckBox("Stay quiet until spoken to")
        self.quiet.toggled.connect(lambda on: self.greeting.setEnabled(not on))
        self.quiet.toggled.connect(self.changed)
        row.addWidget(label("Greeting", tone="muted"))
        row.addWidget(self.greeting, 1)
        row.addWidget(self.quiet)
        return row

    def _make_tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(label("Tools", tone="muted"))
        self.tools: dict[str, QCheckBox] = {}
        for key, words in TOOLS:
            box = QCheckBox(words)
            box.clicked.connect(self._on_tool_clicked)
            row.addWidget(box)
            self.tools[key] = box
        self._tools_note = label("as each persona asks", tone="muted", size="small")
        row.addWidget(self._tools_note)
        row.addStretch(1)
        self.rate = QComboBox()
        self.rate.setAccessibleName("Sample rate of the meeting's sound")
        for rate_hz in RATES_HZ:
            self.rate.addItem(f"{rate_hz // 1000} kHz", rate_hz)
        self.rate.currentIndexChanged.connect(self.changed)
        row.addWidget(label("Sound", tone="muted"))
        row.addWidget(self.rate)
        return row

    def _on_tool_clicked(self) -> None:
        self._touched_tools = True
        self._tools_note.setText("for this launch")
        self.changed.emit()

    def set_personas(self, personas: tuple[Persona, ...], default_tools: tuple[str, ...]) -> None:
        """Show what the chosen personas would do by themselves."""
        first = personas[0] if personas else None
        greeting = first.greeting if first is not None else ""
        self.greeting.setPlaceholderText(greeting or "The persona has no greeting of its own")
        if not self._touched_tools:
            asked = first.tools if first is not None else None
            on = default_tools if asked is None else asked
            for key, box in self.tools.items():
                box.setChecked(key in on)

    def set_plan(self, plan: SpeechPlan | None) -> None:
        """Say why each service is the one."""
        for role, words in self._why.items():
            choice = getattr(plan, role.value) if plan is not None else None
            words.set_text(choice.why if choice is not None else "")

    def set_rates(self, rates_hz: tuple[int, ...]) -> None:
        """Grey out the rates the provider does not carry."""
        model = self.rate.model()
        assert isinstance(model, QStandardItemModel)
        for row, rate_hz in enumerate(RATES_HZ):
            item = model.item(row)
            item.setEnabled(rate_hz in rates_hz)
            item.setToolTip("" if rate_hz in rates_hz else "The provider does not carry this rate.")
        if self.rate.currentData() not in rates_hz:
            self.rate.setCurrentIndex(0)

    @property
    def change_count(self) -> int:
        """How many options differ from what they are by default."""
        return (
            sum(bool(combo.currentData()) for combo in self.services.values())
            + bool(self.quiet.isChecked() or self.greeting.text().strip())
            + self._touched_tools
            + (self.rate.currentIndex() != 0)
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """Nothing here can be wrong; the plan tells what is missing."""
        return ()

    def reset(self) -> None:
        """Every option as it is by default; the tools follow with the next `set_personas`."""
        for combo in self.services.values():
            combo.setCurrentIndex(0)
        self.greeting.clear()
        self.quiet.setChecked(False)
        self.rate.setCurrentIndex(0)
        self._touched_tools = False
        self._tools_note.setText("as each persona asks")

    @property
    def wish(self) -> SpeechWish:
        """The services chosen here."""
        return SpeechWish(
            **{role.value: combo.currentData() or "" for role, combo in self.services.items()}
        )

    @property
    def chosen_tools(self) -> tuple[str, ...] | None:
        """The tools for this launch, or None where the choice was left to the personas."""
        if not self._touched_tools:
            return None
        return tuple(key for key, box in self.tools.items() if box.isChecked())

    @property
    def chosen_greeting(self) -> str | None:
        """What to say first: empty for nothing, None for the persona's own."""
        if self.quiet.isChecked():
            return ""
        return self.greeting.text().strip() or None

    @property
    def rate_hz(self) -> int:
        """The sample rate asked of the provider."""
        return int(self.rate.currentData())
