"""The life of a bot: states, legal moves, and evidence that is never assumed (design §4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from speakdesk.domain.errors import IllegalMove, Problem, Reason, Stage


class BotState(StrEnum):
    """Where a bot is in its life."""

    PREPARING = "preparing"
    JOINING = "joining"
    LOBBY = "lobby"
    IN_CALL = "in_call"
    LEAVING = "leaving"
    ENDED = "ended"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """True where nothing more will happen to the bot."""
        return self in (BotState.ENDED, BotState.FAILED)


LEGAL_MOVES = MappingProxyType(
    {
        BotState.PREPARING: frozenset(
            {BotState.JOINING, BotState.LEAVING, BotState.ENDED, BotState.FAILED}
        ),
        BotState.JOINING: frozenset(
            {
                BotState.LOBBY,
                BotState.IN_CALL,
                BotState.LEAVING,
                BotState.ENDED,
                BotState.FAILED,
            }
        ),
        BotState.LOBBY: frozenset(
            {BotState.IN_CALL, BotState.LEAVING, BotState.ENDED, BotState.FAILED}
        ),
        BotState.IN_CALL: frozenset({BotState.LEAVING, BotState.ENDED, BotState.FAILED}),
        BotState.LEAVING: frozenset({BotState.ENDED, BotState.FAILED}),
        BotState.ENDED: frozenset(),
        BotState.FAILED: frozenset(),
    }
)


class Evidence(StrEnum):
    """A fact about a bot that somebody else proved; the table in design §4 says by what."""

    ACCEPTED = "accepted"
    DIALLED_IN = "dialled_in"
    ADMITTED = "admitted"
    HEARS = "hears"
    SPEAKS = "speaks"
    HEARD = "heard"


@dataclass(frozen=True, slots=True)
class EvidenceMark:
    """One proven fact: which, since when, and by what (`detail`, a short phrase for a person)."""

    evidence: Evidence
    at: datetime
    detail: str = ""


@dataclass(slots=True)
class BotLife:
    """One bot's state and evidence, moved only along `LEGAL_MOVES`."""

    state: BotState = BotState.PREPARING
    since: datetime | None = None
    marks: dict[Evidence, EvidenceMark] = field(default_factory=dict)
    problem: Problem | None = None

    def move(self, state: BotState, at: datetime) -> bool:
        """Go to `state`. Returns False where the bot is there already; raises IllegalMove."""
        if state is self.state:
            return False
        if state not in LEGAL_MOVES[self.state]:
            raise IllegalMove(
                Problem(
                    Stage.APP,
                    Reason.CRASHED,
                    f"A bot cannot go from {self.state} to {state}.",
                    "This is a mistake in SpeakDesk; please report it with the log.",
                )
            )
        self.state, self.since = state, at
        return True

    def can_move(self, state: BotState) -> bool:
        """True where `move(state)` would change something and is legal."""
        return state in LEGAL_MOVES[self.state]

    def prove(self, evidence: Evidence, at: datetime, detail: str = "") -> bool:
        """Note a fact the first time it is proven. Returns False where it was known."""
        if evidence in self.marks:
            return False
        self.marks[evidence] = EvidenceMark(evidence, at, detail)
        return True

    def has(self, evidence: Evidence) -> bool:
        """True where the fact was proven."""
        return evidence in self.marks
