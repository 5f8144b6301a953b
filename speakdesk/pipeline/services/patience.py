"""How long a speech service may keep a meeting waiting, and the errors it is then told by.

Imports no Pipecat. The two errors carry what `problem_from_error` needs; Pipecat reads
`status_code` off the first to sort it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """The longest waits, in seconds.

    `connect_s`: a handshake or a session request, and a single send. `transcript_s`: end of speech
    until the vendor says anything at all. `token_s`: a question until the model's first token, and
    between two tokens. `audio_s`: a sentence until its first sound, and between two sounds.
    `revive_s`: the pauses between attempts to reach a vendor that went away; the last one repeats.
    """

    connect_s: float = 6.0
    transcript_s: float = 8.0
    token_s: float = 20.0
    audio_s: float = 8.0
    revive_s: tuple[float, ...] = (0.25, 1.0, 2.0, 4.0, 8.0, 15.0)


class VendorRefused(Exception):
    """A vendor said no, with an HTTP status (0 where it gave none) and its own words."""

    def __init__(self, status_code: int, words: str, retry_after_s: float | None = None) -> None:
        super().__init__(words or f"HTTP {status_code}")
        self.status_code = status_code
        self.words = words
        self.retry_after_s = retry_after_s


class VendorSilent(TimeoutError):
    """A vendor took what we sent and answered nothing for `waited_s` seconds."""

    def __init__(self, waited_s: float, waited_for: str) -> None:
        super().__init__(f"no {waited_for} within {waited_s:g} s")
        self.waited_s = waited_s
        self.waited_for = waited_for
