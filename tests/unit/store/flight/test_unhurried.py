"""Reading that leaves room for other threads."""

from __future__ import annotations

import time

import pytest

from speakdesk.store.flight.unhurried import unhurried


def test_everything_comes_and_the_lock_is_let_go_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    assert list(unhurried(iter(range(1000)))) == list(range(1000))
    assert len(pauses) > 10
    assert set(pauses) == {0}
    pauses.clear()
    assert list(unhurried(range(3))) == [0, 1, 2]
    assert pauses == []
