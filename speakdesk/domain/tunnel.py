"""The way in from outside, as a person decides on it: ngrok's program and where to get it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from speakdesk.domain.errors import Problem


class AgentChoice(StrEnum):
    """What the person wants done about ngrok's missing program."""

    FETCH = "fetch"
    USE = "use"
    NO = "no"


@dataclass(frozen=True, slots=True)
class AgentOffer:
    """ngrok's program, which opens the way in from meetings, is not on this computer.

    `source` is the address it would be fetched from, `target` the file it would become,
    `size_bytes` how much that is, None where unknown. `problem` says what was wrong with the answer
    before: the download failed, or the path held no such program.
    """

    source: str
    target: str
    size_bytes: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """Fetch it, use the one at `path`, or neither."""

    choice: AgentChoice
    path: str = ""

    @classmethod
    def fetch(cls) -> AgentAnswer:
        """Fetch it from the offer's source."""
        return cls(AgentChoice.FETCH)

    @classmethod
    def use(cls, path: str) -> AgentAnswer:
        """Use the program at this path; it is tried before it is used."""
        return cls(AgentChoice.USE, path)

    @classmethod
    def no(cls) -> AgentAnswer:
        """Neither; the launch then ends with a Problem that names the other ways."""
        return cls(AgentChoice.NO)


AgentAsker = Callable[[AgentOffer], Awaitable[AgentAnswer]]
"""Asks the person. Cancelled where nobody needs the answer any more (the bots were left)."""
