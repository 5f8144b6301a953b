"""Problems: whole sentences that survive JSON."""

from __future__ import annotations

import json

import pytest

from speakdesk.domain.errors import LinkError, Problem, Reason, SpeakDeskError, Stage, StoreError

PROBLEM = Problem(
    Stage.PROVIDER, Reason.QUOTA, "The account is empty.", "Top it up.", "402 no credits", False, 30
)


def test_a_problem_reads_as_one_text() -> None:
    assert str(PROBLEM) == "The account is empty. Top it up. (402 no credits)"
    assert str(Problem(Stage.APP, Reason.CRASHED, "It broke.")) == "It broke."


def test_a_problem_goes_through_json() -> None:
    assert Problem.from_json(json.loads(json.dumps(PROBLEM.to_json()))) == PROBLEM
    short = {"stage": "app", "reason": "crashed", "sentence": "It broke.", "later": 1}
    assert Problem.from_json(short) == Problem(Stage.APP, Reason.CRASHED, "It broke.")


def test_every_error_carries_its_problem() -> None:
    error = StoreError(PROBLEM)
    assert error.problem is PROBLEM
    assert isinstance(error, SpeakDeskError)
    with pytest.raises(ValueError, match="empty"):
        raise LinkError(PROBLEM)
