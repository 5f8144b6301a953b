"""Turns then and now, paired by their times, and where they differ."""

from __future__ import annotations

import pytest

from speakdesk.app.flight.replay_turns import Boundary, Part, ReplayTurn, pair_up

TOLERANCE_S = 0.35


def turn(
    person: tuple[float, float] | None = None,
    bot: tuple[float, float] | None = None,
    *,
    is_cut: bool = False,
    unanswered_s: float | None = None,
) -> ReplayTurn:
    return ReplayTurn(
        Part(*person, "words", ("Priya",)) if person else None,
        Part(*bot, "answer", ("Ada",), is_cut) if bot else None,
        None,
        unanswered_s,
    )


USUAL = (turn(bot=(0, 1)), turn((3, 5), (6, 9)), turn((20, 22), (23, 24)))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (USUAL, []),
        ((*USUAL[:2], turn((20.3, 22), (23.3, 24.3))), []),
        ((*USUAL[:2], turn((20, 22), (24, 25))), [(3, Boundary.BOT_START), (3, Boundary.BOT_STOP)]),
        ((*USUAL[:2], turn((20.5, 22.5), (23, 24))), [
            (3, Boundary.PERSON_START), (3, Boundary.PERSON_STOP)
        ]),
        ((USUAL[0], turn((3, 5), (6, 9), is_cut=True), USUAL[2]), [(2, Boundary.INTERRUPTED)]),
        (USUAL[:2], [(3, Boundary.TURN)]),
        (USUAL[1:], [(1, Boundary.TURN)]),
        ((*USUAL[:2], turn((12, 13)), USUAL[2]), [(3, Boundary.TURN)]),
        ((USUAL[0], turn((3, 5)), USUAL[2]), [(2, Boundary.BOT)]),
        ((USUAL[0], turn(bot=(6, 9)), USUAL[2]), [(2, Boundary.PERSON)]),
        ((USUAL[0], turn((3, 5), (6, 9), unanswered_s=12.0), USUAL[2]), [(2, Boundary.ANSWER)]),
        ((USUAL[0], turn((3, 5), (2, 9)), USUAL[2]), [
            (2, Boundary.BOT_START), (2, Boundary.ORDER)
        ]),
    ],
)  # fmt: skip
def test_what_differs_is_named_with_its_turn(
    new: tuple[ReplayTurn, ...], expected: list[tuple[int, Boundary]]
) -> None:
    pairs = pair_up(USUAL, new, TOLERANCE_S)
    assert [(d.turn, d.what) for pair in pairs for d in pair.differences] == expected


def test_the_lines_of_a_long_answer_are_compared_one_by_one() -> None:
    def bot(*lines_s: tuple[float, float]) -> ReplayTurn:
        return ReplayTurn(None, Part(0, 9, "answer", ("Ada",), False, lines_s))

    def found(new: ReplayTurn) -> list[str]:
        (pair,) = pair_up([bot((0, 4), (5, 9))], [new], TOLERANCE_S)
        return [difference.sentence for difference in pair.differences]

    assert found(bot((0, 4.2), (5.1, 9))) == []
    assert found(bot((0, 4), (6, 9))) == ["the bot's lines are 1.00 s later"]
    assert found(bot((0, 9))) == ["the bot's lines are 1, not 2"]


def test_a_difference_says_how_far_and_in_which_direction() -> None:
    (pair,) = pair_up([turn((3, 5), (6, 9))], [turn((3, 5), (5.5, 9))], TOLERANCE_S)
    (difference,) = pair.differences
    assert difference.sentence == "the bot's start is 0.50 s earlier"
    assert (difference.old_s, difference.new_s, difference.at_s) == (6, 5.5, 6)
