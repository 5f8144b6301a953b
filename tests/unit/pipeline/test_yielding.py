"""The bot's manners on their own, window by window."""

from __future__ import annotations

from dataclasses import dataclass, field

from speakdesk.domain.turns import TurnRules
from speakdesk.pipeline.models import WINDOW_S
from speakdesk.pipeline.yielding import (
    ALARM_MEMORY_S,
    LONGEST_BACKCHANNEL_S,
    RELEASE_AFTER_S,
    Verdict,
    Yielding,
)


@dataclass
class _Talk:
    """A bot in mid-sentence."""

    rules: TurnRules = field(default_factory=TurnRules)
    is_held: bool = False

    def __post_init__(self) -> None:
        self.manners = Yielding(
            self.rules, is_speaking=lambda: True, hold=self.hold, release=self.release
        )

    def hold(self) -> None:
        self.is_held = True

    def release(self) -> None:
        self.is_held = False

    def hear(self, seconds: float, *, voice: bool, may_yield: bool = True) -> None:
        for _ in range(round(seconds / WINDOW_S)):
            self.manners.on_window(voice, may_yield)


def test_the_first_window_of_a_voice_holds_the_bot() -> None:
    talk = _Talk()
    talk.hear(1, voice=False)
    assert not talk.is_held
    talk.hear(WINDOW_S, voice=True)
    assert talk.is_held


def test_a_false_alarm_ends_by_itself_and_makes_the_next_one_harder() -> None:
    talk = _Talk()
    talk.hear(WINDOW_S, voice=True)
    talk.hear(RELEASE_AFTER_S + WINDOW_S, voice=False)
    assert not talk.is_held
    talk.hear(WINDOW_S, voice=True)
    assert not talk.is_held
    talk.hear(WINDOW_S, voice=True)
    assert talk.is_held
    talk.hear(ALARM_MEMORY_S + 1, voice=False)
    talk.hear(WINDOW_S, voice=True)
    assert talk.is_held


def test_whoever_has_no_say_cannot_hold_the_bot() -> None:
    talk = _Talk()
    talk.hear(1, voice=True, may_yield=False)
    assert not talk.is_held
    stubborn = _Talk(TurnRules(allow_interruptions=False))
    stubborn.hear(1, voice=True)
    assert not stubborn.is_held
    assert stubborn.manners.on_voice_started() is Verdict.TURN


def test_agreement_known_before_its_end_releases_at_its_end() -> None:
    talk = _Talk()
    talk.hear(0.2, voice=True)
    assert talk.manners.on_voice_started() is Verdict.OPEN
    assert talk.manners.on_words("mm-hm", is_final=False) is Verdict.OPEN
    assert talk.is_held
    assert talk.manners.on_voice_stopped() is Verdict.BACKCHANNEL
    assert not talk.is_held
    # The final text of the same utterance comes late and changes nothing.
    assert talk.manners.on_words("Mm-hm.", is_final=True) is Verdict.BACKCHANNEL


def test_no_one_agrees_for_that_long() -> None:
    talk = _Talk()
    talk.hear(0.2, voice=True)
    talk.manners.on_voice_started()
    talk.hear(LONGEST_BACKCHANNEL_S + 0.1, voice=True)
    assert talk.manners.verdict() is Verdict.TURN
    assert talk.is_held


def test_words_that_never_come_let_the_bot_go_on() -> None:
    talk = _Talk()
    talk.manners.expect_words_after(1.0)
    talk.hear(0.2, voice=True)
    talk.manners.on_voice_started()
    assert talk.manners.on_voice_stopped() is Verdict.OPEN
    talk.hear(1.2, voice=False)
    assert talk.manners.verdict() is Verdict.OPEN
    talk.hear(0.4, voice=False)
    assert talk.manners.verdict() is Verdict.BACKCHANNEL
    assert not talk.is_held


def test_without_allowance_for_agreement_any_voice_takes_the_turn() -> None:
    talk = _Talk(TurnRules(backchannel_words=0))
    talk.hear(0.2, voice=True)
    assert talk.manners.on_voice_started() is Verdict.TURN
    assert talk.is_held
