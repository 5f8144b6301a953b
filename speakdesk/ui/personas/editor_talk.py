"""The sections about how a persona talks: taking turns, looking things up, speech services."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QWidget

from speakdesk.app.personas.editing import PersonaEdit
from speakdesk.domain.speech import Role, SpeechPlan
from speakdesk.domain.turns import TurnRules
from speakdesk.ui.components.options.voice import ROLE_WORDS, TOOLS, service_combo
from speakdesk.ui.personas.editor_fields import Bound, Section
from speakdesk.ui.personas.editor_person import YES_NO, yes_no
from speakdesk.ui.widgets.basics import label
from speakdesk.ui.widgets.field import Field

_USUAL = TurnRules()
_NO_YES = (("No, as usual", ""), ("No", "no"), ("Yes", "yes"))
_NUMBERS = (
    ("patience_s", "Patience with an unfinished sentence", _USUAL.patience_s, "s"),
    ("silence_s", "Pause that ends a turn by silence", _USUAL.silence_s, "s"),
    ("idle_s", "Asks into a silence after", _USUAL.idle_s, "s"),
    ("backchannel_words", "Words of agreement that are no turn", _USUAL.backchannel_words, ""),
    ("vad_confidence", "How sure of speech it must be", _USUAL.vad_confidence, ""),
    ("vad_start_s", "Speech begins after", _USUAL.vad_start_s, "s"),
    ("vad_stop_s", "Speech ends after", _USUAL.vad_stop_s, "s"),
    ("vad_min_volume", "Least volume", _USUAL.vad_min_volume, ""),
)


class TalkSection(Section):
    """Turn-taking, each value with its range, and the tools."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Conversation", parent)
        self.heading("Taking turns", "An empty field means the value shown in grey.")
        grid = self.grid()
        grid.addWidget(
            self.choice(
                "turn_detection",
                "A turn ends",
                (
                    ("When it sounds finished, as usual", ""),
                    ("When it sounds finished", "smart"),
                    ("After a silence", "silence"),
                ),
                plain=lambda text: text.strip().lower(),
            ),
            0,
            0,
        )
        grid.addWidget(
            self.choice("allow_interruptions", "Others may cut in", YES_NO, plain=yes_no), 0, 1
        )
        grid.addWidget(
            self.choice("answers_other_bots", "Answers other bots", _NO_YES, plain=yes_no), 0, 2
        )
        for number, (place, caption, usual, unit) in enumerate(_NUMBERS):
            words = f"{caption} ({unit})" if unit else caption
            made = self.line(place, words, placeholder=f"{usual:g}")
            grid.addWidget(made, 1 + number // 3, number % 3)
        self.heading("Looking things up")
        self._make_tools()
        self.column.addStretch(1)

    def _make_tools(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(16)
        self.whose_tools = QComboBox()
        self.whose_tools.setAccessibleName("Tools")
        self.whose_tools.addItems(["As in Settings", "Only these"])
        self.tools: dict[str, QCheckBox] = {}
        row.addWidget(self.whose_tools)
        for key, words in TOOLS:
            box = QCheckBox(words)
            box.clicked.connect(self._on_tool)
            self.tools[key] = box
            row.addWidget(box)
        row.addStretch(1)
        self.column.addLayout(row)
        self.tool_problem = label(tone="bad", size="small", wrap=True)
        self.column.addWidget(self.tool_problem)
        self.whose_tools.activated.connect(lambda _row: self.note("tools"))
        self._unknown: tuple[str, ...] = ()
        self.bind(
            Bound(
                "tools",
                self.whose_tools,
                lambda persona: persona.tools,
                self._chosen_tools,
                self._put_tools,
                self._write_tools,
                self._tell_tools,
            )
        )
        self._tell_tools("")

    def _on_tool(self) -> None:
        self.whose_tools.setCurrentIndex(1)
        self.note("tools")

    def _chosen_tools(self) -> tuple[str, ...] | None:
        if self.whose_tools.currentIndex() == 0:
            return None
        return (*(k for k, box in self.tools.items() if box.isChecked()), *self._unknown)

    def _put_tools(self, tools: tuple[str, ...] | None) -> None:
        self.whose_tools.setCurrentIndex(0 if tools is None else 1)
        for key, box in self.tools.items():
            box.setChecked(key in (tools or ()))
        self._unknown = tuple(tool for tool in tools or () if tool not in self.tools)

    @staticmethod
    def _write_tools(edit: PersonaEdit, tools: Any) -> None:
        if tools != edit.persona.tools:
            edit.set_value("tools", "" if tools is None else ", ".join(tools) or "none")

    def _tell_tools(self, problem: str) -> None:
        self.tool_problem.setText(problem)
        self.tool_problem.setVisible(bool(problem))


class ServicesSection(Section):
    """What the persona hears, thinks and speaks with, and what that comes to now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Services", parent)
        self.heading(
            "Speech services", "What is left open is chosen by the launch and by your settings."
        )
        grid = self.grid()
        self._services: dict[Role, Field] = {}
        for column, (role, words) in enumerate(ROLE_WORDS):
            made = self._services[role] = self.choice(
                role.value,
                words,
                (),
                combo=service_combo(role, "As in Settings"),
                plain=lambda text: text.strip().lower(),
                hint="",
            )
            grid.addWidget(made, 0, column)
            grid.addWidget(self.line(f"{role.value}_model", "Model"), 1, column)
        grid.addWidget(
            self.line(
                "llm_base_url",
                "Address of the language model",
                placeholder="http://localhost:11434/v1",
            ),
            2,
            0,
            1,
            3,
        )
        self.heading("What that comes to now")
        self.plan = label(wrap=True, selectable=True)
        self.missing = label(tone="bad", wrap=True, selectable=True)
        self.warnings = label(tone="attention", wrap=True, selectable=True)
        for line in (self.plan, self.missing, self.warnings):
            self.column.addWidget(line)
        self.column.addStretch(1)

    def set_plan(self, sentence: str, plan: SpeechPlan | None) -> None:
        """Say what a launch now would use, why, and what stands in the way."""
        self.plan.setText(sentence)
        for role, field in self._services.items():
            why = getattr(plan, role.value).why if plan is not None else ""
            field.set_hint(f"{why[:1].upper()}{why[1:]}." if why else "")
        self._show(self.missing, " ".join(plan.missing) if plan is not None else "")
        self._show(self.warnings, " ".join(plan.warnings) if plan is not None else "")

    @staticmethod
    def _show(line: QLabel, words: str) -> None:
        line.setText(words)
        line.setVisible(bool(words))
