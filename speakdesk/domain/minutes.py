"""The minutes of a meeting: what a language model wrote of what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something somebody is to do. `who` and `due` are empty where nobody said."""

    what: str
    who: str = ""
    due: str = ""

    def __str__(self) -> str:
        due = f" ({self.due})" if self.due else ""
        return f"{self.who}: {self.what}{due}" if self.who else f"{self.what}{due}"


@dataclass(frozen=True, slots=True)
class Summary:
    """A meeting in short. `made` is when it was written, `model` who wrote it.

    `language` is a BCP 47 tag, empty where the model did not say.
    """

    text: str
    made: datetime
    model: str
    language: str = ""
    decisions: tuple[str, ...] = ()
    action_items: tuple[ActionItem, ...] = ()
    open_questions: tuple[str, ...] = ()
