"""What a cut-off sentence has really said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from speakdesk.pipeline.spoken import SpokenLine

RATE = 1000


def test_whole_sentences_then_a_share_of_the_one_being_said() -> None:
    line = SpokenLine("x", RATE)
    line.announce("First one.", 0)
    line.announce("And the second sentence.", 1000)
    line.close(2000)
    assert line.said(0) == ""
    assert line.said(1000) == "First one."
    assert line.said(1500) == "First one. And the"
    assert line.said(2000) == "First one. And the second sentence."


def test_a_sentence_still_being_made_is_guessed_by_its_length() -> None:
    line = SpokenLine("x", RATE)
    line.announce("one two three four five six seven", 0)
    assert line.said(500) == "one two"
    assert line.said(10_000) == "one two three four five six seven"


def test_timed_words_are_exact() -> None:
    line = SpokenLine("x", RATE)
    line.announce("Yes we can.", 0)
    for at, word in ((0, "Yes"), (300, "we"), (600, "can.")):
        line.word(word, at)
    line.close(900)
    assert line.said(1) == "Yes"
    assert line.said(500) == "Yes we"
    assert line.said(900) == "Yes we can."
    assert line.unrecorded(500) == ""


def test_only_what_the_conversation_has_not_is_unrecorded() -> None:
    line = SpokenLine("x", RATE)
    line.announce("First one.", 0)
    line.announce("Second one here.", 1000)
    line.close(2000)
    line.recorded(1000)
    assert line.unrecorded(1600) == "Second one"


@given(st.text(st.sampled_from("ab c.é"), max_size=60), st.integers(0, 1200))
def test_is_always_a_beginning_of_what_was_to_be_said(text: str, position: int) -> None:
    line = SpokenLine("x", RATE)
    line.announce(text, 0)
    line.close(1000)
    assert text.strip().startswith(line.said(position))


def test_a_sentence_that_got_no_sound_was_not_said_by_the_one_after_it() -> None:
    line = SpokenLine("line", 16000)
    line.announce("Nobody heard this.", 0, "first")
    line.announce("But this.", 0, "second")
    line.close(1000)
    assert line.said(1000) == "But this."


def test_two_sentences_announced_before_their_sound_are_both_said() -> None:
    line = SpokenLine("line", 16000)
    line.announce("First one.", 0, "same")
    line.announce("Second one.", 0, "same")
    line.close(1000)
    assert line.said(1000) == "First one. Second one."
