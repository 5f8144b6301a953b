"""Which personas a launch sends."""

from __future__ import annotations

import random

import pytest

from speakdesk.cli.launch import choose
from speakdesk.domain.persona import Persona

LIBRARY = tuple(Persona(key, key.title()) for key in ("ada", "lena", "marco"))


@pytest.mark.parametrize(
    ("wanted", "count", "begins", "length"),
    [
        ((), 0, (), 1),
        (("ada", "marco"), 0, ("ada", "marco"), 2),
        (("marco",), 3, ("marco",), 3),
        (("ada", "marco"), 1, ("ada",), 1),
        ((), 5, (), 5),
    ],
)
def test_those_asked_for_come_first_and_the_rest_at_random(
    wanted: tuple[str, ...], count: int, begins: tuple[str, ...], length: int
) -> None:
    chosen = choose(LIBRARY, wanted, count, random.Random(1))
    assert chosen[: len(begins)] == begins
    assert len(chosen) == length


def test_nobody_comes_twice_while_there_are_others() -> None:
    for seed in range(50):
        assert len(set(choose(LIBRARY, ("lena",), 3, random.Random(seed)))) == 3
