"""Proof that a webhook comes from MeetingBaas (contracts/meetingbaas.md §4).

v1 sends our own API key in a header, a v2 callback sends the secret it was given, and v2 account
webhooks are signed by SVIX: base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`, the key being
the base64 after `whsec_`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

from speakdesk.providers.meetingbaas.http import API_KEY_HEADER

CALLBACK_HEADER = "x-mb-secret"
TOLERANCE_S = 300.0
_REMEMBERED = 10_000


class WebhookRefused(Exception):
    """What arrived is not believed or cannot be read; `why` holds nothing of its content.

    `http_status` is what to answer: 401 for a failed proof, 400 for what cannot be read, 200 for
    what came before, because its sender repeats everything else for hours.
    """

    def __init__(self, why: str, http_status: int = 401) -> None:
        super().__init__(why)
        self.why = why
        self.http_status = http_status


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers by lower-case name."""
    return {name.lower(): value for name, value in headers.items()}


def same(given: str, expected: str) -> bool:
    """Compare in constant time; nothing equals an empty secret."""
    return bool(expected) and hmac.compare_digest(
        given.encode("utf-8", "surrogateescape"), expected.encode("utf-8", "surrogateescape")
    )


def has_api_key(headers: Mapping[str, str], api_key: str) -> bool:
    """True where a v1 webhook carries our key."""
    return same(lowered(headers).get(API_KEY_HEADER, "").strip(), api_key.strip())


def has_callback_secret(headers: Mapping[str, str], secret: str) -> bool:
    """True where a v2 callback carries the secret it was given."""
    return same(lowered(headers).get(CALLBACK_HEADER, ""), secret)


class SvixVerifier:
    """Checks SVIX signatures: the right key, a fresh timestamp, and each message once.

    `secret` may hold several keys, separated by spaces or commas, while they are being exchanged.
    A message may be taken again after `forget`, when we could not deal with it.
    """

    def __init__(self, secret: str, tolerance_s: float = TOLERANCE_S) -> None:
        self._keys = [_key(part) for part in secret.replace(",", " ").split()]
        self._tolerance_s = tolerance_s
        self._seen: OrderedDict[str, float] = OrderedDict()

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """The message's id. Raises WebhookRefused where it is not signed, too old, or a replay."""
        named = lowered(headers)
        message_id = named.get("svix-id") or named.get("webhook-id") or ""
        stamp = named.get("svix-timestamp") or named.get("webhook-timestamp") or ""
        signatures = named.get("svix-signature") or named.get("webhook-signature") or ""
        if not (message_id and stamp and signatures):
            raise WebhookRefused("the signature headers are not complete")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            raise WebhookRefused("the signature's time is no number")
        sent_s = float(stamp)
        if abs(now.timestamp() - sent_s) > self._tolerance_s:
            raise WebhookRefused("the signature's time is too far from now")
        if not self._is_signed(f"{message_id}.{stamp}.".encode() + body, signatures):
            raise WebhookRefused("the signature does not fit")
        self._drop_old(now.timestamp())
        if message_id in self._seen:
            raise WebhookRefused("this message came before", 200)
        self._seen[message_id] = sent_s
        return message_id

    def forget(self, message_id: str) -> None:
        """Let the message come again: the sender will retry what we could not take."""
        self._seen.pop(message_id, None)

    def _is_signed(self, content: bytes, signatures: str) -> bool:
        fits = False
        for key in self._keys:
            expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
            for entry in signatures.split():
                version, _, given = entry.partition(",")
                fits |= version == "v1" and same(given, expected)
        return fits

    def _drop_old(self, now_s: float) -> None:
        # Older ones are refused by their time, so they need not be remembered.
        horizon = now_s - 2 * self._tolerance_s
        for message_id in [m for m, sent_s in self._seen.items() if sent_s < horizon]:
            del self._seen[message_id]
        while len(self._seen) >= _REMEMBERED:
            self._seen.popitem(last=False)


def sign(secret: str, message_id: str, stamp: int, body: bytes) -> str:
    """The `svix-signature` of a message; the first of several keys is used."""
    key = _key(secret.replace(",", " ").split()[0])
    content = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    encoded = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as e:
        raise ValueError("a SVIX signing secret is whsec_ and base64") from e
    if not key:
        raise ValueError("a SVIX signing secret is whsec_ and base64")
    return key
