"""Which words belong to which utterance."""

from __future__ import annotations

from pipecat.frames.frames import InterimTranscriptionFrame, TranscriptionFrame

from speakdesk.pipeline.utterances import Utterances, mark_utterance


def _final(*, finalized: bool = False) -> TranscriptionFrame:
    frame = TranscriptionFrame("words", "", "")
    frame.finalized = finalized
    return frame


def test_marked_words_are_of_their_utterance_however_late() -> None:
    heard = Utterances()
    first = heard.begin(10)
    heard.end(12)
    heard.begin(20)
    heard.end(21)
    heard.begin(30)
    words = _final()
    mark_utterance(words, first.number)
    found = heard.of(words, 31)
    assert (found.since_s, found.end_s) == (10, 12)


def test_finished_words_are_never_of_speech_that_goes_on() -> None:
    heard = Utterances()
    heard.begin(10)
    heard.end(12)
    heard.begin(12.5)
    assert heard.of(_final(finalized=True), 14).since_s == 10
    # Long after, a service that counts otherwise than we do is taken at its word.
    assert heard.of(_final(finalized=True), 18).since_s == 12.5
    assert heard.of(_final(), 12.7).since_s == 10
    assert heard.of(_final(), 14).since_s == 12.5
    assert heard.of(InterimTranscriptionFrame("words", "", ""), 12.7).since_s == 12.5


def test_words_of_what_was_forgotten_are_of_the_oldest() -> None:
    heard = Utterances()
    first = heard.begin(1).number
    for at in range(2, 200):
        heard.begin(at)
    words = _final()
    mark_utterance(words, first)
    assert heard.of(words, 200).since_s > 100
    assert heard.of(words, 200).number < heard.last.number


def test_an_end_is_never_before_the_beginning() -> None:
    heard = Utterances()
    heard.begin(5)
    heard.end(4.9)
    assert heard.last.end_s == 5
