"""The practice meeting of this desk: its room, the person in it, and the knobs for bad days."""

from __future__ import annotations

from speakdesk.providers.practice.provider import PracticeProvider
from speakdesk.providers.practice.room import PracticeRoom
from speakdesk.providers.practice.server import PracticeServer

PERSON = "You"


class PracticeMeeting:
    """Opens the room with the first practice launch; everything in it stays on this machine."""

    def __init__(self) -> None:
        self._server = PracticeServer(PracticeRoom())
        self._provider: PracticeProvider | None = None

    @property
    def room(self) -> PracticeRoom:
        """The simulated meeting."""
        return self._server.room

    @property
    def is_open(self) -> bool:
        """True once the room's server runs."""
        return self._provider is not None

    @property
    def lobby_s(self) -> float:
        """How long bots wait in the lobby."""
        return self.room.scenario.lobby_s
