"""What a bot has really said of what it was going to say, from how much of the sound went out."""

from __future__ import annotations

from dataclasses import dataclass, field

# A guess for a sentence whose end is not known yet because its sound is still being made.
_SAMPLES_S_PER_LETTER = 1 / 15


@dataclass(slots=True)
class _Sentence:
    text: str
    start: int
    context_id: str = ""
    end: int | None = None
    words: list[tuple[int, str]] = field(default_factory=list)
    is_timed: bool = False
    is_recorded: bool = False


class SpokenLine:
    """One line of the bot: its sentences and where in the outgoing sound each begins and ends.

    Positions are samples of the outgoing stream at `rate_hz`. Services that time their words give
    them to `word`; for the others a sentence cut off is cut in proportion, at a whole word.
    """

    def __init__(self, line_id: str, rate_hz: int) -> None:
        self.line_id = line_id
        self._rate_hz = rate_hz
        self._sentences: list[_Sentence] = []

    @property
    def is_empty(self) -> bool:
        """True where nothing was announced."""
        return not self._sentences

    def announce(self, text: str, position: int, context_id: str = "") -> None:
        """A sentence whose sound begins at `position`; it ends the one before.

        A service makes the sound of one `context_id` after the other: what an earlier one left
        without any sound was never said.
        """
        self.close(position)
        self._sentences = [
            s for s in self._sentences if s.start != position or s.context_id == context_id
        ]
        self._sentences.append(_Sentence(text.strip(), position, context_id))

    def close(self, position: int) -> None:
        """The present sentence's sound ends at `position`."""
        if self._sentences and self._sentences[-1].end is None:
            self._sentences[-1].end = position

    def word(self, text: str, position: int) -> None:
        """A word the service timed, spoken from `position` on."""
        if not self._sentences:
            self._sentences.append(_Sentence("", position))
        sentence = next(
            (s for s in reversed(self._sentences) if s.start <= position), self._sentences[0]
        )
        sentence.is_timed = True
        sentence.words.append((position, text))

    def recorded(self, position: int) -> None:
        """The conversation has taken in everything that ended at or before `position`."""
        for sentence in self._sentences:
            if sentence.end is not None and sentence.end <= position:
                sentence.is_recorded = True

    def said(self, position: int) -> str:
        """The text spoken once `position` samples are out."""
        return " ".join(part for s in self._sentences if (part := self._part(s, position)))

    def unrecorded(self, position: int) -> str:
        """What was spoken but not taken in by the conversation, word-timed sentences left out."""
        return " ".join(
            part
            for s in self._sentences
            if not s.is_recorded and not s.is_timed and (part := self._part(s, position))
        )

    def _part(self, sentence: _Sentence, position: int) -> str:
        if position <= sentence.start:
            return ""
        if sentence.end is not None and position >= sentence.end:
            return sentence.text or " ".join(word for _, word in sentence.words)
        if sentence.is_timed:
            return " ".join(word for at, word in sentence.words if at < position)
        length = (
            sentence.end - sentence.start
            if sentence.end is not None
            else int(len(sentence.text) * _SAMPLES_S_PER_LETTER * self._rate_hz)
        )
        share = min(1.0, (position - sentence.start) / max(length, 1))
        letters = round(share * len(sentence.text))
        if letters >= len(sentence.text):
            return sentence.text
        cut = sentence.text[:letters]
        if not sentence.text[letters].isspace():
            cut = cut.rpartition(" ")[0]
        return cut.strip()
