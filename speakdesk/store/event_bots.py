"""Which calendar events a bot was sent to from here, because a provider does not tell whose it is.

One small JSON file: no titles, links or people, only ids and the bot's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from loguru import logger

from speakdesk.domain.clock import from_iso, to_iso
from speakdesk.store.files import write_atomically

KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class EventBotNote:
    """A bot that the provider will send to an event. `until` is when the event has ended."""

    event_id: str
    bot_name: str
    until: str


class EventBotNotes:
    """The notes on disk. All methods block. A file that cannot be used counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Mapping[str, EventBotNote]:
        """All notes by event id."""
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            notes = [EventBotNote(**{k: str(v) for k, v in item.items()}) for item in data]
            for note in notes:
                from_iso(note.until)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as e:
            logger.warning("the notes about event bots cannot be used: {}", type(e).__name__)
            return {}
        return {note.event_id: note for note in notes}

    def add(self, notes: Iterable[EventBotNote], now: datetime) -> None:
        """Add notes and forget those of events that are long over. Raises OSError."""
        kept = {**self.read(), **{note.event_id: note for note in notes}}
        self._write({k: n for k, n in kept.items() if from_iso(n.until) + KEPT > now})

    def remove(self, event_ids: Iterable[str]) -> None:
        """Forget the bots of these events. Raises OSError."""
        gone = set(event_ids)
        before = self.read()
        kept = {k: n for k, n in before.items() if k not in gone}
        if len(kept) != len(before):
            self._write(kept)

    def _write(self, notes: Mapping[str, EventBotNote]) -> None:
        text = json.dumps([asdict(note) for note in notes.values()], indent=1) + "\n"
        write_atomically(self._path, text.encode("utf-8"))


def note_for(event_id: str, bot_name: str, until: datetime) -> EventBotNote:
    """A note about one event."""
    return EventBotNote(event_id, bot_name, to_iso(until))
