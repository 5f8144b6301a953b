"""A bot's life: only legal moves, evidence only once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speakdesk.domain.bot import LEGAL_MOVES, BotLife, BotState, Evidence
from speakdesk.domain.errors import IllegalMove

NOW = datetime(2026, 7, 3, 10, 0, tzinfo=UTC)


def test_the_usual_way_is_legal() -> None:
    life = BotLife()
    for state in ("joining", "lobby", "in_call", "leaving", "ended"):
        assert life.move(BotState(state), NOW)
    assert life.state.is_final
    assert life.since == NOW


def test_every_state_that_is_not_final_can_fail_and_every_state_has_its_moves() -> None:
    assert set(LEGAL_MOVES) == set(BotState)
    for state in BotState:
        assert (BotState.FAILED in LEGAL_MOVES[state]) is not state.is_final


@given(st.lists(st.sampled_from(BotState)))
def test_no_sequence_breaks_the_table(states: list[BotState]) -> None:
    life = BotLife()
    for state in states:
        before = life.state
        allowed = life.can_move(state)
        try:
            moved = life.move(state, NOW)
        except IllegalMove as e:
            assert not allowed
            assert state is not before
            assert e.problem.sentence  # noqa: PT017
        else:
            assert moved is (state is not before)
        assert life.state in ({before} | LEGAL_MOVES[before])
        if before.is_final:
            assert life.state is before


def test_an_illegal_move_changes_nothing() -> None:
    life = BotLife(BotState.ENDED)
    with pytest.raises(IllegalMove, match="from ended to in_call"):
        life.move(BotState.IN_CALL, NOW)
    assert life.state is BotState.ENDED


def test_a_fact_is_noted_when_it_is_first_proven() -> None:
    life = BotLife()
    assert not life.has(Evidence.ADMITTED)
    assert life.prove(Evidence.ADMITTED, NOW, "the roster arrived")
    assert not life.prove(Evidence.ADMITTED, datetime(2027, 1, 1, tzinfo=UTC), "again")
    assert life.marks[Evidence.ADMITTED].detail == "the roster arrived"
    assert life.has(Evidence.ADMITTED)
