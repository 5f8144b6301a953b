"""What must never stand in a log: keys, passcodes and the secrets inside our own URLs."""

from __future__ import annotations

import re
import threading
from urllib.parse import quote

HIDDEN = "•••"

_SHORTEST_SECRET = 6

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)(/ws/[^/\s\"']+/)[^/\s\"'?#&<>\\]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)(/webhooks/[^/\s\"']+/)[^/\s\"'?#&<>\\]+"), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"(?i)((?:[?&;]|%3f|%26)(?:[a-z_-]*(?:key|token|secret|signature|password)"
            r"|pwd|p|passcode|tk|zak|sig)(?:=|%3d))[^&\s\"'<>\\]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(r"(?i)(\b(?:passcode|password|kenncode|pwd)[\"']?\s*[:=]\s*[\"']?)[^\s\"',;]+"),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(
            r"(?i)(\b(?:proxy-)?authorization[\"']?\s*[,:=]\s*(?:b?[\"'])?)"
            r"(?:(bearer|basic|token|key)\s+)?[^\s\"',;}]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(
            r"(?i)([\w-]*(?:api[-_]?key|auth[-_]?token|api[-_]?token|access[-_]?token|secret|"
            r"gladia-key)[\"']?\s*[,:=]\s*(?:b?[\"'])?)[^\s\"',;&}]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+(?=[^\s]*\d)[\w.~+/=-]{12,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(?:sk|pk|rk)[-_][\w-]{12,}|\br8_\w{12,}"), HIDDEN),
    (re.compile(r"(://)[^/\s:@\"']+:[^/\s@\"']+@"), rf"\1{HIDDEN}@"),
)


class KnownSecrets:
    """The secret values this process has seen; whatever it prints goes through `redact` first."""

    def __init__(self) -> None:
        self._values: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def add(self, *values: str) -> None:
        """Remember values. Very short ones are left out: hiding them would eat ordinary words."""
        fresh = {v.strip() for v in values if len(v.strip()) >= _SHORTEST_SECRET}
        fresh |= {quote(v, safe="") for v in fresh}
        with self._lock:
            self._values = tuple(sorted({*self._values, *fresh}, key=len, reverse=True))

    def redact(self, text: str) -> str:
        """The text with every known value and everything that looks like a secret hidden."""
        for value in self._values:
            if value in text:
                text = text.replace(value, HIDDEN)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def __repr__(self) -> str:
        return f"KnownSecrets({len(self._values)} values)"


KNOWN_SECRETS = KnownSecrets()
