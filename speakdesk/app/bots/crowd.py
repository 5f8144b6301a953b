"""Who is left in a meeting: people, or nobody but bots of this desk."""

from __future__ import annotations

from collections.abc import Callable, Collection


class Crowd:
    """Watches one meeting's roster for the moment from which only our bots are in it.

    Before the first person came nothing is counted. A roster that names nobody says nothing. All
    times are monotonic seconds.
    """

    def __init__(self, ours: Callable[[], Collection[str]]) -> None:
        """`ours` tells the names of this desk's bots in the meeting as it is now."""
        self._ours = ours
        self._people_came = False
        self._alone_since: float | None = None

    def note(self, names: Collection[str], at_s: float) -> None:
        """Take in who is there."""
        if not names:
            return
        if set(names) - set(self._ours()):
            self._people_came = True
            self._alone_since = None
        elif self._people_came and self._alone_since is None:
            self._alone_since = at_s

    def hear_person(self, at_s: float) -> None:
        """A person was heard, whatever the roster says."""
        self._people_came = True
        if self._alone_since is not None:
            self._alone_since = at_s

    def alone_s(self, at_s: float) -> float:
        """For how long only bots have been there; 0 where people are, or none came yet."""
        return 0.0 if self._alone_since is None else at_s - self._alone_since
