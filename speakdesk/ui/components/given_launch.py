"""Launching a persona that is in no library: a bare prompt, or text that is not saved yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK, Platform
from speakdesk.domain.persona import Persona
from speakdesk.ui.face import Face

if TYPE_CHECKING:
    from speakdesk.ui.components.launch_card import LaunchCard


class GivenLaunch:
    """Sends such a persona the way the launch card stands."""

    def __init__(self, face: Face, card: LaunchCard) -> None:
        self._face = face
        self._card = card

    @property
    def where(self) -> str:
        """Where it goes: `into Google Meet through MeetingBaas`, empty without a link."""
        link = self._card.meeting
        if link is None:
            return ""
        if link.platform is Platform.PRACTICE:
            return "into the practice room on this computer"
        return f"into {link.platform.label} through {self._card.provider.currentText()}"

    def obstacle_for(self, persona: Persona) -> str:
        """Why it cannot be launched from here now; empty where it can."""
        if self._card.meeting is None:
            return "Paste a meeting link first."
        options = self._card.options
        plan = self._face.desk.plan(persona, options.voice.wish)
        parts = (self._card.way_obstacle(), *plan.missing, *options.problems)
        return " ".join(parts).strip()

    def launch(self, persona: Persona) -> None:
        """Send it into the card's meeting, with the card's options."""
        self._card.refresh()
        link = self._card.meeting
        if link is not None and not self.obstacle_for(persona):
            launch = self._card.launch_into(link)
            given = replace(launch, personas=(persona.key,), names=(), given=(persona,))
            self._card.start(given)

    def meet(self, persona: Persona) -> None:
        """Send it into the practice room; what is typed in the card stays."""
        launch = Launch(PRACTICE_LINK, (persona.key,), "practice", given=(persona,))
        self._card.start(launch)
