"""The switch that has a launch recorded, and what the file then holds."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QWidget

from speakdesk.ui.widgets.basics import label

FLIGHT_HOLDS = (
    "The file on this computer holds the sound of both sides, every word, names, what happened and "
    "the log; never a key or a passcode. Tell the others in the meeting."
)


class FlightSwitch(QCheckBox):
    """As the settings have it until the person changes it; `note` shows while it is on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Record this meeting", parent)
        self._default = False
        self.setToolTip(f"Flight recorder. {FLIGHT_HOLDS}")
        self.setAccessibleDescription(FLIGHT_HOLDS)
        self.note = label(FLIGHT_HOLDS, tone="muted", size="small", wrap=True)
        self.note.setVisible(False)
        self.toggled.connect(self.note.setVisible)

    def set_default(self, on: bool) -> None:
        """What the settings ask for."""
        if self.isChecked() == self._default:
            self.setChecked(on)
        self._default = on

    @property
    def chosen(self) -> bool | None:
        """Whether this launch is recorded; None as the settings say."""
        on = self.isChecked()
        return None if on == self._default else on
