"""Public addresses: what a person may write as one, and how a bot dials it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage

_SCHEMES = {"https": "https", "wss": "https", "http": "http", "ws": "http", "": "https"}


def public_base(text: str) -> str:
    """`https://host[:port][/path]` without a slash at the end, from what a person wrote.

    ws and wss are taken for http and https, a missing scheme for https. Raises GatewayError for
    what is no address, and for one with a user, a query or a fragment.
    """
    cleaned = text.strip().strip("<>\"'").strip()
    if "://" not in cleaned:
        cleaned = f"https://{cleaned}"
    try:
        parts = urlsplit(cleaned)
        host, port = parts.hostname, parts.port
    except ValueError as e:
        raise _no_address(text, str(e)) from e
    scheme = _SCHEMES.get(parts.scheme.lower())
    if scheme is None:
        raise _no_address(text, f"It begins with {parts.scheme}://.")
    if not host or any(c.isspace() for c in cleaned):
        raise _no_address(text)
    if parts.username is not None or parts.query or parts.fragment:
        raise _no_address("", "It has a user name, a query or a fragment.")
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def websocket_base(base: str) -> str:
    """The same address for a WebSocket client: https becomes wss, http becomes ws."""
    return "ws" + base.removeprefix("http")


def host_of(base: str) -> str:
    """The name alone, for a sentence."""
    return urlsplit(base).hostname or base


def is_only_local(base: str) -> bool:
    """True where no one outside this network can reach the address, by its very form."""
    host = host_of(base).lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".lan")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _no_address(text: str, words: str = "") -> GatewayError:
    is_safe = text.strip() and "@" not in text
    shown = f"“{text.strip()[:80]}”" if is_safe else "This"
    return GatewayError(
        Problem(
            Stage.TUNNEL,
            Reason.BAD_INPUT,
            f"{shown} is no public address that SpeakDesk can use.",
            "Write it like https://desk.example.com, the address that leads to this computer.",
            words,
        )
    )
