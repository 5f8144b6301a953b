"""Every word of v2 about a bot, against the published specification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Reason, Stage
from speakdesk.providers.meetingbaas.end_codes import (
    ERROR_CODES,
    NORMAL_ENDS,
    problem_of_code,
)
from speakdesk.providers.meetingbaas.statuses import STATUSES, read_status

SPEC = Path(__file__).parents[4] / "../shared/specs/meetingbaas-v2.openapi.json"


@pytest.fixture(scope="module")
def status_values() -> list[str]:
    spec: dict[str, Any] = json.loads(SPEC.read_text(encoding="utf-8"))
    data = spec["components"]["schemas"]["GetBotStatusResponse"]["properties"]["data"]
    return list(data["properties"]["status"]["enum"])


def test_every_status_of_the_specification_is_known(status_values: list[str]) -> None:
    assert len(status_values) > 20
    assert set(status_values) <= set(STATUSES)


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ("queued", BotState.JOINING),
        ("pickup_delayed", BotState.JOINING),
        ("joining_call", BotState.JOINING),
        ("in_waiting_room", BotState.LOBBY),
        ("in_waiting_for_host", BotState.LOBBY),
        ("in_call_not_recording", BotState.IN_CALL),
        ("in_call_recording", BotState.IN_CALL),
        ("recording_paused", BotState.IN_CALL),
        ("recording_resumed", BotState.IN_CALL),
        ("api_request_stop", BotState.LEAVING),
        ("call_ended", BotState.ENDED),
        ("bot_removed", BotState.ENDED),
        ("completed", BotState.ENDED),
        ("bot_rejected", BotState.FAILED),
        ("bot_removed_too_early", BotState.FAILED),
        ("waiting_room_timeout", BotState.FAILED),
        ("invalid_meeting_url", BotState.FAILED),
        ("meeting_error", BotState.FAILED),
        ("failed", BotState.FAILED),
        ("retrying", None),
        ("awaiting_reconciliation", None),
    ],
)
def test_status_moves_the_bot(raw: str, state: BotState | None) -> None:
    status = read_status({"status": raw})
    assert status.raw == raw
    assert status.state is state


@pytest.mark.parametrize("raw", [name for name, m in STATUSES.items() if m.state == "failed"])
def test_every_failure_has_a_sentence_and_a_next_step(raw: str) -> None:
    problem = read_status({"status": raw}).problem
    assert problem is not None
    assert problem.sentence.endswith(".")
    assert problem.next_step.endswith(".")


@pytest.mark.parametrize("code", ERROR_CODES)
def test_every_error_code_is_explained_with_the_vendors_words(code: str) -> None:
    problem = problem_of_code(code, "vendor text")
    assert problem is not None
    assert problem.vendor_words == f"{code}: vendor text"
    assert problem.sentence.endswith(".")
    assert problem.next_step.endswith(".")


@pytest.mark.parametrize("code", NORMAL_ENDS)
def test_a_normal_end_is_a_cause_and_no_problem(code: str) -> None:
    status = read_status({"status": "completed", "error_code": code})
    assert status.state is BotState.ENDED
    assert status.problem is None
    assert status.cause == NORMAL_ENDS[code]


@pytest.mark.parametrize("code", NORMAL_ENDS)
def test_a_failed_bot_always_has_a_problem(code: str) -> None:
    assert read_status({"status": "failed", "error_code": code}).problem is not None


def test_the_providers_code_explains_more_than_the_status() -> None:
    status = read_status({"status": "failed", "error_code": "STREAMING_SETUP_FAILED"})
    assert status.problem is not None
    assert status.problem.stage is Stage.TUNNEL


@pytest.mark.parametrize("code", ["MEET_LOGIN_SOMETHING_NEW", "TEAMS_LOGIN_FAILED"])
def test_sign_in_codes_are_known_by_their_beginning(code: str) -> None:
    problem = problem_of_code(code)
    assert problem is not None
    assert problem.reason is Reason.AUTHENTICATION


@pytest.mark.parametrize("raw", ["levitating", "", None, 7, ["x"], {"code": 1}])
def test_an_unknown_status_is_shown_as_it_came_and_moves_nothing(raw: object) -> None:
    status = read_status({"status": raw})
    assert status.state is None
    assert status.problem is None
    assert status.raw == ("" if raw is None else str(raw))


def test_an_unknown_error_code_keeps_its_words() -> None:
    problem = problem_of_code("BRAND_NEW", "see https://x/?pwd=hush")
    assert problem is not None
    assert "BRAND_NEW" in problem.vendor_words
    assert "hush" not in problem.vendor_words


def test_odd_moments_and_missing_fields_do_no_harm() -> None:
    assert read_status({}).raw == ""
    assert read_status({"status": "queued", "updated_at": "yesterday"}).at is None
    assert read_status({"status": "queued", "updated_at": "2026-01-02T03:04:05.678Z"}).at
