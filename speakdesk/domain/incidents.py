"""Bad days of a practice meeting, asked for on purpose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Incidents:
    """What shall happen to the bots of a practice meeting; seconds count from their admission.

    `crosstalk` is said by a guest into whatever a participant says.
    """

    lobby_s: float = 0.0
    refuse: bool = False
    drop_after_s: float | None = None
    remove_after_s: float | None = None
    crosstalk: str = ""
