"""What a script hands out: each answer once, each line with its own sound."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from speakdesk.pipeline.replay.script import (
    UNHEARD,
    Prompter,
    Reply,
    SaidLine,
    Script,
    Sounding,
    letters,
    plain,
    unheard_words,
    without_unheard,
)

RATE_HZ = 16000


def line(text: str, seconds: float = 1.0, since_s: float = 0.0) -> SaidLine:
    return SaidLine(since_s, text, bytes(round(seconds * RATE_HZ) * 2), RATE_HZ)


def reply(asked_s: float, words_before: int) -> Reply:
    return Reply(asked_s, words_before, 0.1, 0.1, (line(f"answer at {asked_s}"),))


def test_a_question_gets_the_answer_that_came_after_the_same_words() -> None:
    prompter = Prompter(Script(replies=(reply(10.0, 1), reply(12.0, 2), reply(20.0, 3))))
    prompter.words_told = 2
    # 10.0 is nearer, but what was asked there was another question.
    found = prompter.reply_to(10.9)
    assert found is not None
    assert found.asked_s == 12.0
    prompter.words_told = 3
    assert prompter.reply_to(40.0) is None
    later = prompter.reply_to(20.3)
    assert later is not None
    assert later.asked_s == 20.0
    assert prompter.reply_to(20.3) is None


def test_a_failure_of_a_service_explains_that_no_answer_came() -> None:
    prompter = Prompter(Script(failures_s=(12.0,)))
    assert prompter.has_failed_after(10.0)
    assert not prompter.has_failed_after(13.0)


def test_a_line_said_word_for_word_is_found_by_its_words_also_where_it_was_cut_off() -> None:
    whole, cut = line("Hello, I am Ada."), line(f"One more thing {UNHEARD} {UNHEARD}")
    prompter = Prompter(Script(lines=(whole, cut)))
    assert prompter.line_of("Hello I am Ada") is whole
    assert prompter.line_of("Hello I am Ada") is None
    assert prompter.line_of("One more thing before we go.") is cut
    assert prompter.line_of("Something else") is None


def test_a_line_of_several_sentences_goes_on_where_it_stopped() -> None:
    prompter = Prompter(Script(lines=(line("Hello. I am Ada. Shall we?"),)))
    found = prompter.line_of("Hello.")
    assert found is not None
    sounding = Sounding(found)
    assert sounding.has("Hello.")
    sounding.take("Hello.")
    assert sounding.has("I am Ada.")
    assert not sounding.has("Something else.")
    sounding.take("I am Ada.")
    sounding.take("Shall we?")
    assert not sounding.has("Shall we?")


@given(st.lists(st.text("abc .", min_size=1).filter(str.strip), min_size=1, max_size=8))
def test_the_parts_of_a_line_are_all_its_sound_in_order(parts: list[str]) -> None:
    sounding = Sounding(line(" ".join(parts), 2.0))
    spans = [sounding.take(part) for part in parts]
    assert spans[0][0] == 0
    assert spans[-1][1] == 2 * RATE_HZ
    assert sounding.is_over
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert all(begin <= end for begin, end in spans)


def test_what_nobody_heard_has_the_length_of_its_sound_and_no_words() -> None:
    heard = "The plan has many parts"
    filler = unheard_words(heard, 16000, 32000)
    assert letters(filler) == 2 * letters(heard)
    assert plain(f"{heard} {filler}") == plain(heard)
    assert without_unheard(f"{heard} {filler}") == heard
    assert without_unheard(f"{UNHEARD} {UNHEARD} then more") == "then more"
    assert unheard_words(heard, 16000, 0) == ""
