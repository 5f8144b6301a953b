"""A bot that dials again and again is told of once, and taken back when it has calmed down."""

from __future__ import annotations

from datetime import datetime

import pytest

from speakdesk.app.bots.dials import CALM_S, OFTEN, Dials
from speakdesk.app.bots.standing import BotStanding
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import utc_now
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.events import BotProblem, Event
from speakdesk.domain.launch import BotView
from tests.standins.desk import LINK, PLAN

EXCESS = Problem(Stage.CALL, Reason.PROTOCOL, "Too much.", "Wait.")


class Bot:
    """Dials on a clock that the test turns."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.events: list[Event] = []
        now = utc_now()
        view = BotView("b1", "Ada", "ada", LINK, "m1", "scripted", BotState.IN_CALL, now, now, PLAN)
        self.standing = BotStanding(view, self.events.append, self)
        self.dials = Dials(self.standing, "MeetingBaas", self)

    def now(self) -> datetime:
        return utc_now()

    def monotonic(self) -> float:
        return self.now_s

    def dial(self, times: int, every_s: float) -> None:
        for _ in range(times):
            self.dials.opened()
            self.now_s += every_s
            self.dials.look()

    @property
    def problems(self) -> list[BotProblem]:
        return [event for event in self.events if isinstance(event, BotProblem)]


@pytest.fixture
def bot() -> Bot:
    return Bot()


def test_every_second_is_told_once_and_taken_back(bot: Bot) -> None:
    bot.dial(20, 1.0)
    (told,) = bot.problems
    assert "reconnects every second" in told.problem.sentence
    assert bot.standing.view.troubles == (told.problem,)
    bot.now_s += CALM_S
    bot.dials.look()
    assert bot.problems[-1].recovered
    assert bot.standing.view.troubles == ()
    bot.dial(OFTEN, 3.0)
    assert "every 3 seconds" in bot.problems[-1].problem.sentence


def test_two_connections_that_push_each_other_out_are_told_apart(bot: Bot) -> None:
    for _ in range(OFTEN):
        bot.dials.opened(beside_another=True)
        bot.now_s += 1.0
    (told,) = bot.problems
    assert "two connections" in told.problem.sentence


def test_who_dials_again_because_it_was_too_much_is_told_of_that_only(bot: Bot) -> None:
    bot.dials.exceeded(EXCESS)
    bot.dial(OFTEN, 1.0)
    assert [event.problem for event in bot.problems] == [EXCESS]


def test_a_service_that_backs_off_is_no_trouble(bot: Bot) -> None:
    for wait_s in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0):
        bot.dial(1, wait_s)
    assert bot.problems == []


def test_what_was_too_much_is_told_once_until_it_stops(bot: Bot) -> None:
    for _ in range(3):
        bot.dials.exceeded(EXCESS)
        bot.now_s += 1.0
        bot.dials.look()
    assert [event.recovered for event in bot.problems] == [False]
    bot.now_s += CALM_S
    bot.dials.look()
    assert [event.recovered for event in bot.problems] == [False, True]
