"""The rules of the floor, told in moments."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speakdesk.domain.floor.chain import LONGEST_CHAIN, REPLY_PAUSE_S
from speakdesk.domain.floor.rules import Floor
from speakdesk.domain.floor.terms import (
    CLAIM_S,
    GAP_S,
    LONGEST_THOUGHT_S,
    LONGEST_TURN_S,
    LOST_S,
    SIGN_S,
    STUCK_S,
    MaySpeak,
    WishKind,
)

BOTS = ("ada", "marco", "vera")
ANSWER, SAY, GREETING = WishKind.ANSWER, WishKind.SAY, WishKind.GREETING


class Talk:
    """A floor with its clock; keeps who was let speak and who was stopped."""

    def __init__(self, *bots: str) -> None:
        self.floor = Floor()
        self.now_s = 100.0
        self.log: list[str] = []
        for bot in bots or BOTS:
            self.floor.seats.add(bot, bot.title())
            self.floor.set_present(bot, True, self.now_s)

    def do(self, name: str, bot: str, *args: Any, **options: Any) -> None:
        getattr(self.floor, name)(bot, *args, self.now_s, **options)
        self._note()

    def ask(self, text: str, *ears: str, seconds: float = 2.0) -> None:
        """A person says this; these bots hear it to the end, in this order."""
        since_s = self.now_s
        for bot in ears:
            self.do("person_began", bot)
        self.now_s += seconds
        for bot in ears:
            self.floor.person_said(bot, text, since_s, self.now_s, self.now_s)
            self._note()

    def speak(self, bot: str, text: str = "Well.", seconds: float = 2.0) -> None:
        """It sounds, and then it is done."""
        self.do("sounding", bot)
        self.now_s += seconds
        self.floor.said(bot, text, interrupted=False)
        self.do("done", bot)

    def wait(self, seconds: float) -> None:
        """Time passes, as the floor's own timer sees it."""
        end_s = self.now_s + seconds
        while (due_s := self.floor.next_moment_s()) is not None and due_s <= end_s:
            self.now_s = max(self.now_s, due_s) + 1e-6
            self.floor.tick(self.now_s)
            self._note()
        self.now_s = max(self.now_s, end_s)

    def _note(self) -> None:
        for order in self.floor.take_orders():
            if isinstance(order, MaySpeak):
                self.log.append(f"{order.bot} {order.kind}")
            else:
                self.log.append(f"{order.bot} stop")


@pytest.mark.parametrize(
    ("text", "log"),
    [
        ("What is the plan?", ["ada answer"]),
        ("Marco, what is the plan?", ["marco answer"]),
        ("Vera and Marco, what is the plan?", ["vera answer"]),
        ("What do all of you say?", ["ada answer"]),
    ],
)
def test_one_bot_may_answer_at_once(text: str, log: list[str]) -> None:
    talk = Talk()
    talk.ask(text, "vera", "marco", "ada")
    assert talk.log == log


def test_nobody_waits_for_slow_ears() -> None:
    talk = Talk()
    talk.ask("What is the plan?", "ada")
    assert talk.log == ["ada answer"]


def test_all_who_are_asked_answer_in_turn() -> None:
    talk = Talk()
    talk.ask("What do all of you say?", "marco", "ada", "vera")
    assert talk.floor.waiting == ("marco", "vera")
    for bot in BOTS:
        talk.speak(bot)
        talk.wait(GAP_S)
    assert talk.log == ["ada answer", "marco answer", "vera answer"]


def test_the_one_in_dialogue_goes_on() -> None:
    talk = Talk()
    talk.ask("Marco, what is the plan?", *BOTS)
    talk.speak("marco")
    talk.wait(1)
    talk.ask("And then?", *BOTS)
    assert talk.log == ["marco answer", "marco answer"]


def test_a_greeting_is_no_dialogue() -> None:
    talk = Talk()
    talk.do("wish", "marco", GREETING)
    talk.speak("marco")
    talk.wait(1)
    talk.ask("What is the plan?", *BOTS)
    assert talk.log == ["marco greeting", "ada answer"]


def test_who_hears_nothing_is_passed_over() -> None:
    talk = Talk()
    talk.ask("Ada, what is the plan?", "marco", "vera")
    assert talk.log == []
    talk.wait(CLAIM_S - 0.1)
    assert talk.log == []
    talk.wait(0.2)
    assert talk.log == ["marco answer"]


def test_who_hears_late_still_answers() -> None:
    talk = Talk()
    since_s = talk.now_s
    talk.ask("What is the plan?", "marco")
    talk.wait(CLAIM_S / 2)
    talk.floor.person_said("ada", "What is the plan?", since_s, since_s + 2, talk.now_s)
    talk._note()
    talk.wait(CLAIM_S)
    assert talk.log == ["ada answer"]


def test_a_failed_answer_goes_to_the_next_and_to_each_but_once() -> None:
    talk = Talk()
    talk.ask("What is the plan?", *BOTS)
    for bot in BOTS:
        talk.do("failed", bot)
    assert [line for line in talk.log if not line.endswith("stop")] == [
        "ada answer",
        "marco answer",
        "vera answer",
    ]


def test_a_line_that_failed_frees_the_floor_and_is_stopped_where_it_sounds_after_all() -> None:
    talk = Talk()
    talk.do("wish", "ada", SAY)
    talk.do("failed", "ada")
    assert talk.floor.holder == ""
    talk.do("wish", "marco", SAY)
    talk.do("sounding", "ada")
    assert talk.log == ["ada say", "marco say", "ada stop"]


def test_a_silent_thinker_loses_the_floor_and_one_that_works_keeps_it() -> None:
    talk = Talk()
    talk.ask("What is the plan?", *BOTS)
    talk.wait(SIGN_S - 0.1)
    talk.do("working", "ada")
    talk.wait(SIGN_S - 0.1)
    assert talk.log == ["ada answer"]
    talk.wait(0.2)
    assert talk.log == ["ada answer", "ada stop", "marco answer"]


def test_the_last_who_may_answer_is_left_its_time() -> None:
    talk = Talk("ada", "marco")
    talk.ask("What is the plan?", "ada")
    talk.floor.set_present("marco", False, talk.now_s)
    talk.wait(SIGN_S * 2)
    assert talk.floor.holder == "ada"
    talk.floor.set_present("marco", True, talk.now_s)
    talk.wait(LONGEST_THOUGHT_S + SIGN_S)
    assert talk.floor.holder != "ada"


def test_nobody_begins_while_a_person_talks_or_right_after_another() -> None:
    talk = Talk()
    talk.do("person_began", "vera")
    talk.floor.wish("marco", SAY, talk.now_s)
    talk.wait(3)
    assert talk.log == []
    talk.do("person_stopped", "vera")
    assert talk.log == ["marco say"]
    talk.floor.wish("vera", SAY, talk.now_s)
    talk.do("sounding", "marco")
    talk.floor.done("marco", talk.now_s, 0.08)
    talk.wait(0.08 + GAP_S - 0.01)
    assert talk.log == ["marco say"]
    talk.wait(0.02)
    assert talk.log == ["marco say", "vera say"]


def test_a_turn_whose_end_is_never_told_ends() -> None:
    talk = Talk()
    talk.do("person_began", "vera")
    talk.floor.wish("marco", SAY, talk.now_s)
    talk.wait(LONGEST_TURN_S + 1)
    assert talk.log == ["marco say"]


def test_a_person_s_answer_comes_before_what_waits_and_stale_ones_are_dropped() -> None:
    talk = Talk()
    talk.ask("What do all of you say?", *BOTS)
    talk.do("sounding", "ada")
    talk.floor.wish("vera", GREETING, talk.now_s)
    talk.do("person_began", "ada")
    talk.do("done", "ada")
    talk.ask("Marco, only you, please.", *BOTS)
    talk.wait(GAP_S)
    talk.speak("marco")
    talk.wait(5)
    assert talk.log == ["ada answer", "marco answer", "vera greeting"]


def test_the_second_ears_may_catch_the_name() -> None:
    talk = Talk()
    talk.ask("Michael, what is the plan?", "ada")
    talk.floor.person_said(
        "marco", "Marco, what is the plan?", talk.now_s - 2, talk.now_s, talk.now_s
    )
    talk._note()
    assert talk.log == ["ada answer", "ada stop", "marco answer"]
    talk.do("sounding", "marco")
    talk.floor.person_said(
        "vera", "Vera, what is the plan?", talk.now_s - 2, talk.now_s, talk.now_s
    )
    talk._note()
    assert talk.floor.holder == "marco"


def test_over_a_bot_s_speech_that_bot_hears_best() -> None:
    talk = Talk()
    talk.ask("What is the plan?", *BOTS)
    talk.do("sounding", "ada")
    talk.now_s += 5
    talk.floor.person_said("marco", "a lot mm-hm", talk.now_s - 4, talk.now_s, talk.now_s)
    talk._note()
    assert talk.log == ["ada answer"]
    assert talk.floor.waiting == ()
    talk.do("person_began", "ada")
    talk.do("done", "ada")
    talk.floor.person_said("marco", "a lot Vera stop", talk.now_s - 4, talk.now_s + 1, talk.now_s)
    talk._note()
    # The name in it may be Ada's word: it is Ada who was cut off, and Ada who is asked.
    talk.floor.person_said("ada", "stop", talk.now_s - 1, talk.now_s + 1, talk.now_s)
    talk.wait(GAP_S)
    assert talk.log == ["ada answer", "ada answer"]


@pytest.mark.parametrize("how", ["leave", "lost", "stuck"])
def test_a_dead_holder_blocks_nobody_for_long(how: str) -> None:
    talk = Talk()
    talk.floor.wish("ada", SAY, talk.now_s)
    talk.do("sounding", "ada")
    talk.floor.wish("marco", SAY, talk.now_s)
    bound_s = {"leave": GAP_S, "lost": LOST_S + GAP_S, "stuck": STUCK_S + GAP_S}[how]
    if how == "leave":
        talk.do("leave", "ada")
    elif how == "lost":
        talk.do("set_present", "ada", False)
    talk.wait(bound_s + 0.01)
    assert talk.floor.holder == "marco"


def test_sound_without_the_floor_is_stopped() -> None:
    talk = Talk()
    talk.ask("What is the plan?", *BOTS)
    talk.do("sounding", "ada")
    talk.do("sounding", "marco")
    assert talk.log == ["ada answer", "marco stop"]


def test_who_is_alone_is_never_kept_waiting() -> None:
    talk = Talk("ada")
    talk.floor.seats.add("marco", "Marco")
    talk.do("person_began", "ada")
    assert talk.floor.wish("ada", GREETING, talk.now_s)
    assert talk.floor.wish("ada", SAY, talk.now_s)
    talk.ask("What is the plan?", "ada")
    assert talk.log == ["ada greeting", "ada say", "ada answer"]
    assert talk.floor.next_moment_s() is None


def test_only_one_asks_into_a_silence_and_only_into_one() -> None:
    talk = Talk()
    assert talk.floor.wish("ada", WishKind.IDLE, talk.now_s)
    assert not talk.floor.wish("marco", WishKind.IDLE, talk.now_s)
    talk.speak("ada")
    talk.wait(5)
    assert not talk.floor.wish("marco", WishKind.IDLE, talk.now_s)
    talk.ask("Yes, I am here.", *BOTS)
    talk.speak("ada")
    talk.wait(5)
    assert talk.floor.wish("marco", WishKind.IDLE, talk.now_s)


def test_hushed_nobody_answers_instead() -> None:
    talk = Talk()
    talk.ask("What is the plan?", *BOTS)
    talk.do("withdraw", "ada")
    talk.wait(60)
    assert talk.log == ["ada answer"]


def test_bots_answer_bots_a_bounded_number_of_times() -> None:
    talk = Talk()
    for bot in ("ada", "marco"):
        talk.floor.seats.set_answers_bots(bot, True)
    talk.ask("What is the plan?", *BOTS)
    for turn in range(20):
        if not talk.floor.holder:
            break
        talk.speak(talk.floor.holder)
        talk.wait(REPLY_PAUSE_S + GAP_S + 0.01)
        assert turn <= LONGEST_CHAIN
    replies = [line for line in talk.log if line.endswith("reply")]
    assert replies == ["marco reply", "ada reply"] * (LONGEST_CHAIN // 2)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Well.", "marco reply"),
        ("Vera, do you know?", "vera reply"),
        ("Ada is my name.", "marco reply"),
    ],
)
def test_a_named_bot_replies_first(text: str, reply: str) -> None:
    talk = Talk()
    for bot in ("marco", "vera"):
        talk.floor.seats.set_answers_bots(bot, True)
    talk.ask("What is the plan?", *BOTS)
    talk.speak("ada", text)
    talk.wait(GAP_S + 0.01)
    assert (talk.log[-1] == "vera reply") == ("Vera" in text)
    talk.wait(REPLY_PAUSE_S)
    assert talk.log[-1] == reply


def test_a_bot_that_answers_no_bots_is_left_out_where_it_is_named() -> None:
    talk = Talk()
    talk.floor.seats.set_answers_bots("marco", True)
    talk.ask("What is the plan?", *BOTS)
    talk.speak("ada", "Vera, do you know?")
    talk.wait(60)
    assert talk.log == ["ada answer"]


_STEPS = st.tuples(
    st.sampled_from(
        [
            "person_began",
            "person_said",
            "person_stopped",
            "wish_say",
            "wish_greeting",
            "wish_idle",
            "working",
            "sounding",
            "done",
            "failed",
            "withdraw",
            "present",
            "absent",
            "leave",
            "wait",
        ]
    ),
    st.sampled_from(BOTS),
    st.sampled_from(["Well then?", "Marco, and you?", "All of you, please.", "Vera and Ada?"]),
    st.floats(0.0, 12.0),
)


@settings(max_examples=300)
@given(st.lists(_STEPS, max_size=60), st.booleans())
@example(
    [
        ("wish_say", "ada", "", 0.0),
        ("failed", "ada", "", 0.0),
        ("person_said", "marco", "Well then?", 0.0),
        ("absent", "ada", "", 0.0),
    ],
    False,
)
def test_whatever_happens_one_at_most_speaks_and_nobody_waits_for_ever(
    steps: list[tuple[str, str, str, float]], answers: bool
) -> None:
    talk = Talk()
    talk.floor.seats.set_answers_bots("vera", answers)
    speaking = ""
    seen = 0
    for what, bot, text, seconds in steps:
        kind = {"wish_say": SAY, "wish_greeting": GREETING, "wish_idle": WishKind.IDLE}.get(what)
        if kind is not None:
            talk.floor.wish(bot, kind, talk.now_s)
            talk._note()
        elif what == "person_said":
            talk.floor.person_said(bot, text, talk.now_s - 2, talk.now_s, talk.now_s)
            talk._note()
        elif what in ("present", "absent"):
            talk.do("set_present", bot, what == "present")
        elif what == "wait":
            talk.wait(seconds)
        else:
            talk.do(what, bot)
        # One whose line cannot be made is silent by its own word: nobody need stop it.
        has_given_up = what == "failed" and talk.floor.holder != bot
        if speaking == bot and (has_given_up or what in ("done", "withdraw", "leave")):
            speaking = ""
        for line in talk.log[seen:]:
            who, order = line.split()
            if order == "stop":
                speaking = "" if speaking == who else speaking
            else:
                assert speaking in ("", who), "two may speak at once"
                speaking = who
        seen = len(talk.log)
        assert talk.floor.holder in ("", *talk.floor.seats.bots)
        assert talk.floor.holder not in talk.floor.waiting
    # A holder that never gives a sign and people who never end their turn hold nobody up for good.
    for _ in range(8 * len(steps) + 8):
        talk.wait(LONGEST_TURN_S)
        if talk.floor.holder:
            talk.do("done", talk.floor.holder)
    present = talk.floor.seats.present
    assert not [bot for bot in talk.floor.waiting if bot in present]


def test_orders_are_given_once() -> None:
    floor = Floor()
    floor.seats.add("ada", "Ada")
    floor.set_present("ada", True, 1.0)
    floor.wish("ada", SAY, 1.0)
    assert floor.take_orders() == [MaySpeak("ada", SAY)]
    assert floor.take_orders() == []
