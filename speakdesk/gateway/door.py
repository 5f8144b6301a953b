"""The door: which bots may come in, each by its own unguessable secret (design §7)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from speakdesk.providers.wire import MeetingSocket

OnSocket = Callable[[MeetingSocket], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Entry:
    secret: str = field(repr=False)
    on_socket: OnSocket


class Door:
    """Hands a socket that knows a bot's secret to that bot; counts the others."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self.refused = 0

    def open(self, bot_id: str, on_socket: OnSocket) -> str:
        """Expect this bot's sockets; returns the path to dial, `/ws/<bot>/<secret>`.

        `on_socket` runs once for each socket and holds it until it returns.
        """
        secret = secrets.token_urlsafe(24)
        self._entries[bot_id] = _Entry(secret, on_socket)
        return f"/ws/{bot_id}/{secret}"

    def close(self, bot_id: str) -> None:
        """Expect this bot no more."""
        self._entries.pop(bot_id, None)

    def admit(self, bot_id: str, secret: str) -> OnSocket | None:
        """What to do with a socket that names this bot and secret; None refuses it."""
        entry = self._entries.get(bot_id)
        known = entry.secret if entry else secrets.token_urlsafe(24)
        matches = hmac.compare_digest(known.encode(), secret.encode())
        if entry is None or not matches:
            self.refused += 1
            return None
        return entry.on_socket
