"""Who is in the meeting and who speaks, as the provider's roster messages say it over time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from speakdesk.providers.wire import Roster

SOMEONE = "Someone"
ECHO_TAIL_S = 0.3
_ROSTER_LAG_S = 0.6
_KEPT = 256


class RosterBook:
    """One meeting's roster for one bot. All times are monotonic seconds.

    A message that also lists silent people is the whole roster; one that lists only speakers
    (contracts/meetingbaas.md §3.2 allows both) adds to the names known so far. Whoever it does not
    show speaking is silent. `siblings` tells the names of this desk's other bots in it now.
    """

    def __init__(self, own_name: str, siblings: Callable[[], frozenset[str]]) -> None:
        self._own = own_name
        self._siblings = siblings
        self.names: tuple[str, ...] = ()
        self.speaking: frozenset[str] = frozenset()
        self._changes: deque[tuple[float, frozenset[str]]] = deque(maxlen=_KEPT)
        self._only_us_until = float("-inf")

    def update(self, message: Roster, at_s: float) -> bool:
        """Take in a message; True where names or speakers differ from before."""
        listed = tuple(dict.fromkeys(s.name for s in message.speakers if s.name))
        speaking = frozenset(s.name for s in message.speakers if s.is_speaking and s.name)
        is_whole = any(not s.is_speaking for s in message.speakers)
        names = listed if is_whole else tuple(dict.fromkeys((*self.names, *listed)))
        if self._changes:
            # The sound's time may step back where a message is read before the sound it follows.
            at_s = max(at_s, self._changes[-1][0])
        if self._is_only_us(self.speaking) and not speaking:
            self._only_us_until = at_s + ECHO_TAIL_S
        is_changed = names != self.names or speaking != self.speaking
        self.names = names
        if speaking != self.speaking or not self._changes:
            self.speaking = speaking
            self._changes.append((at_s, speaking))
        return is_changed

    def _is_only_us(self, speaking: frozenset[str]) -> bool:
        return speaking == {self._own}

    @property
    def we_are_heard(self) -> bool:
        """True while the meeting shows this very bot speaking."""
        return self._own in self.speaking

    def is_own_echo(self, at_s: float) -> bool:
        """True where sound can only be our own voice coming back, its tail included."""
        if self._is_only_us(self.speaking):
            return True
        return not self.speaking and at_s < self._only_us_until

    @property
    def only_siblings_speak(self) -> bool:
        """True where everybody who speaks now is another bot of this desk (or ourselves too)."""
        others = self.speaking - {self._own}
        return bool(others) and others <= self._siblings()

    def speakers_between(self, start_s: float, end_s: float) -> dict[str, float]:
        """Seconds each one but us spoke in this span, longest first; rosters lag behind sound."""
        spoken: dict[str, float] = {}
        end_s += _ROSTER_LAG_S
        changes = list(self._changes)
        for i, (since, who) in enumerate(changes):
            until = changes[i + 1][0] if i + 1 < len(changes) else end_s
            seconds = min(until, end_s) - max(since, start_s)
            if seconds > 0:
                for name in who - {self._own}:
                    spoken[name] = spoken.get(name, 0.0) + seconds
        return dict(sorted(spoken.items(), key=lambda item: -item[1]))

    def speaker(self, start_s: float, end_s: float) -> str:
        """Whose line this was: a person before a bot, else the only person there, else Someone."""
        spoken = self.speakers_between(start_s, end_s)
        siblings = self._siblings()
        people = [name for name in spoken if name not in siblings]
        if people:
            return people[0]
        if spoken:
            return next(iter(spoken))
        present = [n for n in self.names if n != self._own and n not in siblings]
        return present[0] if len(present) == 1 else SOMEONE

    @property
    def a_person_speaks(self) -> bool:
        """True where the roster shows a person speaking now."""
        return bool(self.speaking - {self._own} - self._siblings())

    def sibling_between(self, start_s: float, end_s: float) -> str:
        """The other bot of this desk that spoke in this span; empty where a person did.

        Somebody shown for no longer than a roster lags behind has spoken before the span.
        """
        spoken, siblings = self.speakers_between(start_s, end_s), self._siblings()
        name = next((n for n in spoken if n in siblings), "")
        people_s = sum(seconds for n, seconds in spoken.items() if n not in siblings)
        return name if name and people_s < min(_ROSTER_LAG_S, spoken[name]) else ""
