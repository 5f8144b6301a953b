"""What is told of the tunnel: its phases, and that it came back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where the tunnel is; the words of `TunnelState.state`."""

    CLOSED = "closed"
    FETCHING = "fetching"
    OPENING = "opening"
    CHECKING = "checking"
    OPEN = "open"
    LOST = "lost"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reopened:
    """A lost tunnel is back; under another name the bots that dialled the old one cannot return."""

    public_url: str
    previous_url: str

    @property
    def is_same_name(self) -> bool:
        """True where a bot that dials again reaches us."""
        return self.public_url == self.previous_url
