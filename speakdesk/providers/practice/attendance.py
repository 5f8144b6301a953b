"""Who is in the practice meeting and who speaks: the roster, and how long it has been quiet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

_SPEAKING_HOLDS_TICKS = 2
_NEVER = -(10**9)


class Present(Protocol):
    """Somebody in the call: `number` is the participant's id, `level` the last tick's loudness."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def level(self) -> float: ...


class Attendance:
    """Fed once a tick with everybody in the call; speaking is measured on the sound itself.

    Somebody counts as speaking for two ticks after the last loud one, so that a roster does not
    flicker within a word. `bots_began` counts how often a bot began to speak.
    """

    def __init__(self) -> None:
        self.ticks = 0
        self.bots_began = 0
        self.last_sound_tick = _NEVER
        self._spoke_at: dict[int, int] = {}
        self._shown: tuple[tuple[str, int, bool], ...] = ()

    @property
    def speaking(self) -> tuple[str, ...]:
        """The names of those who can be heard."""
        return tuple(name for name, _, is_speaking in self._shown if is_speaking)

    def note(
        self,
        people: Sequence[Present],
        bots: Sequence[Present],
        threshold: float,
        *,
        is_more_to_come: bool,
    ) -> bool:
        """One tick. Returns True where the roster differs from the last one.

        `is_more_to_come` holds quiet off: somebody is in the middle of something scripted.
        """
        self.ticks += 1
        everybody = (*people, *bots)
        for bot in bots:
            if bot.level > threshold and not self._is_speaking(bot):
                self.bots_began += 1
        for who in everybody:
            if who.level > threshold:
                self._spoke_at[who.number] = self.ticks
        now = tuple((who.name, who.number, self._is_speaking(who)) for who in everybody)
        if is_more_to_come or any(is_speaking for _, _, is_speaking in now):
            self.last_sound_tick = self.ticks
        has_changed = now != self._shown
        self._shown = now
        return has_changed

    def roster(self, people: Sequence[Present], bots: Sequence[Present], at_s: float) -> str:
        """The message of contracts/meetingbaas.md §3.2.3: everybody, and who of them speaks."""
        return json.dumps(
            [
                {
                    "name": who.name,
                    "id": who.number,
                    "timestamp": round(at_s, 3),
                    "isSpeaking": self._is_speaking(who),
                }
                for who in (*people, *bots)
            ]
        )

    def forget(self, number: int) -> None:
        """This participant will not come back."""
        self._spoke_at.pop(number, None)

    def _is_speaking(self, who: Present) -> bool:
        return self.ticks - self._spoke_at.get(who.number, _NEVER) < _SPEAKING_HOLDS_TICKS
