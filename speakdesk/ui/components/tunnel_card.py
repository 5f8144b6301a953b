"""The way in from meetings, in the settings: port, ngrok's program, a name of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from speakdesk.ui.components.options.group import OptionGroup
from speakdesk.ui.dialogs.ask import ask_file
from speakdesk.ui.widgets.basics import button, label

_MOST_PORT = 65535


def port_problem(text: str) -> str:
    """A port is a whole number that fits."""
    if not text.isascii() or not text.isdigit() or int(text) > _MOST_PORT:
        return f"A whole number from 0 to {_MOST_PORT}."
    return ""


class TunnelCard(QWidget):
    """Emits `changed` with fields of `Settings`, the tunnel's under `tunnel`."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        group = self._group = OptionGroup("Tunnel")
        self.port = group.add_line(
            "port",
            "Port on this computer",
            0,
            0,
            hint="0 takes any free one; counts from the next start",
            problem=port_problem,
        )
        self.domain = group.add_line(
            "domain",
            "Reserved name at ngrok",
            0,
            1,
            placeholder="desk.ngrok.app",
            hint="With one, bots survive a broken tunnel",
        )
        self.path = group.add_line(
            "ngrok_path",
            "ngrok's program",
            0,
            2,
            placeholder="where it is usually found",
        )
        column.addWidget(group)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.check = QCheckBox("Check the public address from outside before the first bot is sent")
        self.choose = button("Choose ngrok's program…", kind="small")
        row.addWidget(self.check)
        row.addStretch(1)
        row.addWidget(self.choose)
        column.addLayout(row)
        self._note = label(tone="muted", size="small", wrap=True, selectable=True)
        column.addWidget(self._note)
        self.port.editingFinished.connect(self._on_port)
        self.domain.editingFinished.connect(lambda: self._on_line("domain", self.domain))
        self.path.editingFinished.connect(lambda: self._on_line("ngrok_path", self.path))
        self.check.clicked.connect(lambda on: self.changed.emit({"tunnel": {"is_checked": on}}))
        self.choose.clicked.connect(self._on_choose)

    def _on_port(self) -> None:
        text = self.port.text().strip()
        if not port_problem(text):
            self.changed.emit({"port": int(text)})

    def _on_line(self, name: str, line: QLineEdit) -> None:
        self.changed.emit({"tunnel": {name: line.text().strip()}})

    def _on_choose(self) -> None:
        ask_file(self.window(), "ngrok's program", self._on_file)

    def _on_file(self, path: Path) -> None:
        self.path.setText(str(path))
        self._on_line("ngrok_path", self.path)

    def load(self, settings: Any, base_url: str) -> None:
        """Show these settings; what a person is typing, and what is wrong, stays."""
        if not self.port.hasFocus() and not self._group.options["port"].problem():
            self.port.setText(str(settings.port))
        if not self.domain.hasFocus():
            self.domain.setText(settings.tunnel.domain)
        if not self.path.hasFocus():
            self.path.setText(settings.tunnel.ngrok_path)
        self.check.setChecked(settings.tunnel.is_checked)
        self._note.setText(
            f"BASE_URL is set, so no tunnel is opened: meetings reach this desk at {base_url}"
            if base_url
            else "A tunnel is opened with the first bot that needs one and closed with the last. "
            "Where this computer has a public address, set BASE_URL under Keys instead."
        )
