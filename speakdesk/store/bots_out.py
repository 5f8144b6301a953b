"""Which bots this process has at a provider, so that the next start knows of them should it die.

One small JSON file for each process, beside a lock that says whether the process lives. No links,
lines or keys: a meeting's link is asked of the provider.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loguru import logger

from speakdesk.store.files import write_atomically
from speakdesk.store.history.owner import Owner, forget, is_alive


@dataclass(frozen=True, slots=True)
class BotOut:
    """One bot at a provider. `join_at` (ISO 8601) while it waits for its time, else empty.

    `place` is the meeting as it is shown, without a passcode. `persona` is empty for a record-only
    bot. `greeting` is what it says on arrival.
    """

    provider: str
    provider_bot_id: str
    name: str
    place: str
    persona: str = ""
    join_at: str = ""
    rate_hz: int = 16000
    greeting: str = ""

    @property
    def is_recorder(self) -> bool:
        """True for a bot that only joins and records."""
        return not self.persona


class BotsOutFolder:
    """The notes of all processes; each writes its own file. All methods block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owner: Owner | None = None

    def write(self, bots: Iterable[BotOut]) -> None:
        """Replace this process's notes. Raises OSError."""
        text = json.dumps([asdict(bot) for bot in bots], ensure_ascii=False, indent=1)
        write_atomically(self._own().with_suffix(".json"), text.encode("utf-8"), 0o600)

    def claim(self) -> tuple[BotOut, ...]:
        """Take over the notes of processes that are gone; each is given to one process only.

        They belong to this process then, until its next `write`. Raises OSError.
        """
        found: list[BotOut] = []
        if not self._folder.is_dir():
            return ()
        for path in sorted(self._folder.glob("*.json")):
            owner, _, _ = path.stem.partition("-")
            if is_alive(self._folder, owner):
                continue
            ours = self._own().with_name(f"{self._own().stem}-{path.stem[-8:]}.json")
            try:
                path.replace(ours)
            except FileNotFoundError:
                continue
            forget(self._folder, owner)
            found += _read(ours)
        return tuple(found)

    def release(self) -> None:
        """Let the next start have what is still noted; a file without bots goes."""
        if self._owner is None:
            return
        self.drop_claimed()
        own = self._owner.path.with_suffix(".json")
        if not _read(own):
            own.unlink(missing_ok=True)
        self._owner.release()
        self._owner = None
        with contextlib.suppress(OSError):
            self._folder.rmdir()

    def drop_claimed(self) -> None:
        """Forget the claimed files: what still counts of them has been written."""
        if self._owner is not None:
            for path in self._folder.glob(f"{self._owner.id}-*.json"):
                path.unlink(missing_ok=True)

    def _own(self) -> Path:
        if self._owner is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._owner = Owner(self._folder)
        return self._owner.path


def _read(path: Path) -> list[BotOut]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return [_bot(item) for item in data]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as e:
        logger.warning("the notes about bots at a provider cannot be used: {}", type(e).__name__)
        return []


def _bot(item: dict[str, Any]) -> BotOut:
    words = ("provider", "provider_bot_id", "name", "place", "persona", "join_at", "greeting")
    return BotOut(
        **{name: str(item.get(name, "")) for name in words},
        rate_hz=int(item.get("rate_hz", 16000)),
    )
