"""What a recording gives a replay: the meeting's side, and what the services answered then.

Imports no Pipecat. All times are seconds of the recording.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from speakdesk.providers.wire import WireEvent

UNHEARD = "⋯"
"""Stands in a reply for a word that nobody heard, so that no recording knows it."""

# How far from its own moment a reply may still be the answer to a question.
_REPLY_REACH_S = 3.0


@dataclass(frozen=True, slots=True)
class Admitted:
    """The meeting let the bot in."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A socket opened, with this rate on it."""

    rate_hz: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The socket closed."""

    code: int


@dataclass(frozen=True, slots=True)
class Typed:
    """The person at the desk had the bot say this, word for word."""

    text: str


@dataclass(frozen=True, slots=True)
class Hushed:
    """The person at the desk silenced the bot."""


Happening = Admitted | Opened | Closed | Typed | Hushed | WireEvent


@dataclass(frozen=True, slots=True)
class Words:
    """What speech-to-text told at `told_s` of speech from `since_s` to `until_s`."""

    told_s: float
    since_s: float
    until_s: float
    text: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """The voice's service stalled before this sample, for so long."""

    sample: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One line of the bot with all the sound there was of it, also what nobody heard.

    `pcm` is s16le mono at `rate_hz`; `text` has `UNHEARD` for each word of which nothing is known.
    """

    since_s: float
    text: str
    pcm: bytes
    rate_hz: int
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the model: asked at `asked_s` after `words_before` final transcripts.

    Between two of its lines something was looked up.
    """

    asked_s: float
    words_before: int
    first_token_s: float
    first_audio_s: float
    lines: tuple[SaidLine, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A recording as the services of a replay need it.

    `lines` are those that answer nobody: greetings and what was typed. `failures_s` is when a
    service failed. `usual_wait_s` is from a question to the first sound, as a rule.
    """

    words: tuple[Words, ...] = ()
    replies: tuple[Reply, ...] = ()
    lines: tuple[SaidLine, ...] = ()
    failures_s: tuple[float, ...] = ()
    usual_wait_s: float = 1.5
    stt_key: str = ""
    has_siblings: bool = False


@dataclass(slots=True)
class Prompter:
    """Hands out a script's answers, each once; the same questions get the same answers."""

    script: Script
    words_told: int = 0
    unanswered_s: list[float] = field(default_factory=list)
    _used: set[int] = field(default_factory=set)
    _said: set[int] = field(default_factory=set)

    def reply_to(self, asked_s: float) -> Reply | None:
        """The recorded answer to what was asked at `asked_s`, after the words told so far."""
        found = self._find(asked_s, lambda reply: reply.words_before == self.words_told)
        if found is None:
            found = self._find(asked_s, lambda reply: abs(reply.asked_s - asked_s) <= 1.0)
        if found is None:
            return None
        self._used.add(found)
        return self.script.replies[found]

    def _find(self, asked_s: float, is_it: Callable[[Reply], bool]) -> int | None:
        replies = self.script.replies
        at = bisect.bisect_left(replies, asked_s, key=lambda reply: reply.asked_s)
        near = [
            i
            for i in range(max(0, at - 3), min(len(replies), at + 3))
            if i not in self._used
            and abs(replies[i].asked_s - asked_s) <= _REPLY_REACH_S
            and is_it(replies[i])
        ]
        return min(near, key=lambda i: abs(replies[i].asked_s - asked_s), default=None)

    def has_failed_after(self, asked_s: float) -> bool:
        """Whether a service failed then, so that no answer came."""
        return any(asked_s - 0.5 <= at_s <= asked_s + 30 for at_s in self.script.failures_s)

    def line_of(self, text: str) -> SaidLine | None:
        """The recorded line that begins with this sentence, or was cut off within it; once."""
        wanted = plain(text)
        for i, line in enumerate(self.script.lines):
            known = plain(line.text)
            is_it = known.startswith(wanted) or wanted.startswith(known)
            if i not in self._said and known and wanted and is_it:
                self._said.add(i)
                return line
        return None


def plain(text: str) -> str:
    """Letters and digits only, to tell whether two texts are the same words."""
    return re.sub(r"\W+", "", text.replace(UNHEARD, "")).casefold()


def without_unheard(text: str) -> str:
    """A line as it is shown: what nobody heard is left out."""
    return re.sub(rf"(\s*{UNHEARD})+\s*", " ", text).strip()


class Sounding:
    """The sound of a line as a function of how many letters of it were asked for."""

    def __init__(self, line: SaidLine) -> None:
        self.rate_hz = line.rate_hz
        self.pcm = line.pcm
        self.pauses = line.pauses
        self._letters = max(1, letters(line.text))
        self._samples = len(line.pcm) // 2
        self._asked = 0
        self._rest = plain(line.text)

    def has(self, text: str) -> bool:
        """Whether the line goes on with this text; what nobody heard may be any."""
        wanted = plain(text)
        return not self.is_over and (self._rest.startswith(wanted) or not self._rest)

    @property
    def is_over(self) -> bool:
        """True once all of it was asked for."""
        return self._asked >= self._letters

    def take(self, text: str) -> tuple[int, int]:
        """The samples of the next part, which has this text."""
        begin = self._asked
        self._asked = min(self._letters, begin + letters(text))
        self._rest = self._rest[len(plain(text)) :]
        return self._sample_at(begin), self._sample_at(self._asked)

    def _sample_at(self, letter: int) -> int:
        return round(letter / self._letters * self._samples)


def letters(text: str) -> int:
    """How long a text is, spaces left out."""
    return sum(map(len, text.split()))


def unheard_words(heard: str, heard_samples: int, unheard_samples: int) -> str:
    """As many `UNHEARD` as the sound nobody heard would have at the speed of what they heard."""
    if unheard_samples <= 0 or heard_samples <= 0 or not heard:
        return ""
    count = max(1, round(letters(heard) * unheard_samples / heard_samples))
    return " ".join([UNHEARD] * count)


Meeting = Iterable[tuple[float, Happening]]
"""The meeting's side in the order of its times."""
