"""Probes: how we know that a public name leads to our own port."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PATH = "/probe/"


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to ourselves; who only echoes the question cannot know the answer."""

    nonce: str
    answer: str

    @property
    def path(self) -> str:
        """`/probe/<nonce>`."""
        return PATH + self.nonce


class Probes:
    """The questions that are open now. The listener answers them, a check from outside asks."""

    def __init__(self) -> None:
        self._answers: dict[str, str] = {}

    @contextmanager
    def expect(self) -> Iterator[Probe]:
        """A new question; the listener knows its answer until the block ends."""
        probe = Probe(secrets.token_urlsafe(18), secrets.token_urlsafe(18))
        self._answers[probe.nonce] = probe.answer
        try:
            yield probe
        finally:
            del self._answers[probe.nonce]

    def answer(self, nonce: str) -> str | None:
        """The answer to an open question, None to any other."""
        return self._answers.get(nonce)
