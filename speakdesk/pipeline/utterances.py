"""What was heard, one after another, and which words belong to which.

Words may come long after the sound they are of, on a busy machine ten seconds and three speakers
later. Whoever finds speech numbers it in the VAD frames; ears that know which sound their words are
of carry the number over into the transcript.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from pipecat.frames.frames import Frame, TranscriptionFrame

_NUMBER = "speakdesk_utterance"
_KEPT = 64
# Nobody has final words of speech that has just begun.
_TOO_SOON_S = 0.5
_LATE_AT_MOST_S = 5.0


def utterance_number(frame: Frame) -> int | None:
    """The number of the utterance this frame is about; None where nobody knows."""
    number = frame.metadata.get(_NUMBER)
    return number if isinstance(number, int) else None


def mark_utterance(frame: Frame, number: int | None) -> None:
    """Say which utterance this frame is about."""
    if number is not None:
        frame.metadata[_NUMBER] = number


@dataclass(slots=True)
class Utterance:
    """Speech between two silences, in monotonic seconds; `end_s` is None while it goes on."""

    number: int
    since_s: float
    end_s: float | None = None


class Utterances:
    """The last ones of a meeting, the oldest first; there is always one."""

    def __init__(self) -> None:
        self._kept: deque[Utterance] = deque(
            (Utterance(0, float("-inf"), float("-inf")),), maxlen=_KEPT
        )

    @property
    def last(self) -> Utterance:
        """The present one, or the last."""
        return self._kept[-1]

    def begin(self, since_s: float) -> Utterance:
        """Somebody speaks."""
        self._kept.append(Utterance(self.last.number + 1, since_s))
        return self.last

    def end(self, end_s: float) -> None:
        """They stopped."""
        self.last.end_s = max(end_s, self.last.since_s)

    def of(self, words: Frame, now_s: float) -> Utterance:
        """The one these words are of; where the ears do not say, the likeliest."""
        number = utterance_number(words)
        if number is not None:
            return next((u for u in self._kept if u.number == number), self._kept[0])
        last = self.last
        if last.end_s is not None or not isinstance(words, TranscriptionFrame):
            return last
        before = self._kept[-2] if len(self._kept) > 1 else last
        if before.end_s is None or before.end_s < now_s - _LATE_AT_MOST_S:
            return last
        is_of_before = words.finalized or now_s - last.since_s < _TOO_SOON_S
        return before if is_of_before else last
