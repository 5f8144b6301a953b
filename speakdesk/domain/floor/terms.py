"""What a floor is made of: wishes, holds, a person's turn; and how patient it is, in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

# The bot a question is for begins within this, or the next one may.
CLAIM_S = 1.5
# What is being made gives a sign of life within this, while it cannot be heard yet and after.
SIGN_S = 5.0
STUCK_S = 8.0
# So long may an answer be thought about at most; and a holder whose socket is lost may come back.
LONGEST_THOUGHT_S = 30.0
LOST_S = 1.5
# Between one bot's last sound and the next one's first.
GAP_S = 0.25
# Nobody's turn is longer; a turn whose end is never told holds nobody up for good.
LONGEST_TURN_S = 180.0
# Bots hear the same turn with delays of their own.
SAME_TURN_S = 1.0


class WishKind(StrEnum):
    """What a bot wants the floor for."""

    ANSWER = "answer"
    REPLY = "reply"
    GREETING = "greeting"
    SAY = "say"
    IDLE = "idle"


# What is talk with the people; a greeting is not yet.
DIALOGUE = frozenset({WishKind.ANSWER, WishKind.SAY, WishKind.IDLE})
# What a person who speaks again makes stale.
STALE = frozenset({WishKind.ANSWER, WishKind.REPLY, WishKind.IDLE})
TO_REPLY_TO = frozenset({WishKind.ANSWER, WishKind.REPLY, WishKind.SAY})


@dataclass(frozen=True, slots=True)
class MaySpeak:
    """The floor is this bot's now, for its oldest wish of this kind."""

    bot: str
    kind: WishKind


@dataclass(frozen=True, slots=True)
class MustStop:
    """The floor is no longer this bot's."""

    bot: str


Order = MaySpeak | MustStop


@dataclass(slots=True, eq=False)
class Round:
    """One turn of a person: when, who heard it, whom it is for, who has had the chance."""

    since_s: float
    until_s: float
    heard_by: set[str]
    is_named: bool = False
    is_for_several: bool = False
    is_answered: bool = False
    tried: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Wish:
    """What a bot waits for; `claim_by_s` is set until it has heard the question to its end."""

    bot: str
    kind: WishKind
    round: Round | None = None
    claim_by_s: float | None = None


@dataclass(slots=True, eq=False)
class Hold:
    """Whoever has the floor: what for, since when, and until when without a sign of life."""

    bot: str
    kind: WishKind | None
    since_s: float
    until_s: float
    round: Round | None = None
    has_sounded: bool = False
    said: str = ""

    @property
    def is_unheard(self) -> bool:
        """True until its sound begins."""
        return not self.has_sounded
