"""The door: who may come in, each by its own unguessable secret (design §7).

Bots by their sockets, providers by their reports.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from loguru import logger

from speakdesk.domain.errors import Problem
from speakdesk.providers.wire import MeetingSocket

OnSocket = Callable[[MeetingSocket], Awaitable[None]]
OnExcess = Callable[[Problem], None]
OnReport = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""Takes a report's headers and body; returns the HTTP status to answer with."""

# Of a flood of strangers only the first and each power of ten are worth telling.
_WORTH_TELLING = frozenset({1, *(10**power for power in range(1, 12))})


@dataclass(frozen=True, slots=True)
class _Entry:
    secret: str = field(repr=False)
    on_socket: OnSocket
    on_excess: OnExcess | None = None


def reports_path(provider_key: str, secret: str) -> str:
    """Where a provider reports."""
    return f"/webhooks/{provider_key}/{secret}"


class Door:
    """Hands a socket that knows a bot's secret to that bot; counts the others.

    `refused` counts every caller that knew no secret: sockets, reports and pictures. `on_refused`
    hears the count at the first one and at each power of ten.
    """

    def __init__(self, on_refused: Callable[[int], None] | None = None) -> None:
        self._on_refused = on_refused
        self._entries: dict[str, _Entry] = {}
        self._reports: dict[str, dict[str, OnReport]] = {}
        self.refused = 0

    def open(self, bot_id: str, on_socket: OnSocket, on_excess: OnExcess | None = None) -> str:
        """Expect this bot's sockets; returns the path to dial, `/ws/<bot>/<secret>`.

        `on_socket` runs once for each socket and holds it until it returns. `on_excess` hears why a
        socket of this bot was closed for what it sent.
        """
        secret = secrets.token_urlsafe(24)
        self._entries[bot_id] = _Entry(secret, on_socket, on_excess)
        return f"/ws/{bot_id}/{secret}"

    def close(self, bot_id: str) -> None:
        """Expect this bot no more."""
        self._entries.pop(bot_id, None)

    def admit(self, bot_id: str, secret: str) -> OnSocket | None:
        """What to do with a socket that names this bot and secret; None refuses it."""
        entry = self._entries.get(bot_id)
        known = entry.secret if entry else secrets.token_urlsafe(24)
        matches = hmac.compare_digest(known.encode(), secret.encode("utf-8", "surrogateescape"))
        if entry is None or not matches:
            self.refuse("a socket")
            return None
        return entry.on_socket

    def complain(self, bot_id: str, problem: Problem) -> None:
        """A socket of this bot was closed for what it sent."""
        entry = self._entries.get(bot_id)
        if entry is not None and entry.on_excess is not None:
            entry.on_excess(problem)

    def expect_reports(self, provider_key: str, secret: str, on_report: OnReport) -> str:
        """Let a provider report; returns the path, `/webhooks/<provider>/<secret>`.

        A secret that was expected before stays good: the provider may still use it.
        """
        self._reports.setdefault(provider_key, {})[secret] = on_report
        return reports_path(provider_key, secret)

    def admit_report(self, provider_key: str, secret: str) -> OnReport | None:
        """What to do with a report that names this provider and secret; None refuses it."""
        given = secret.encode("utf-8", "surrogateescape")
        found: OnReport | None = None
        for one, on_report in self._reports.get(provider_key, {}).items():
            if hmac.compare_digest(one.encode(), given):
                found = on_report
        if found is None:
            self.refuse("a report")
        return found

    def refuse(self, what: str) -> None:
        """Count a caller that knew no secret."""
        self.refused += 1
        if self.refused not in _WORTH_TELLING:
            return
        logger.warning("{} without a valid secret was refused ({} so far)", what, self.refused)
        if self._on_refused is not None:
            self._on_refused(self.refused)
