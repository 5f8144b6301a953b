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
    canonical,
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


# contracts/meetingbaas.md §2.4 and §4.1: what neither the specification nor each other's list has.
CONTRACT_STATUSES = [
    "transcription_failed",
    "awaiting_reconciliation",
    "retrying",
    "joining_call",
    "in_waiting_room",
    "in_call_not_recording",
    "in_call_recording",
    "recording_paused",
    "recording_resumed",
    "call_ended",
    "bot_rejected",
    "bot_removed",
    "waiting_room_timeout",
    "invalid_meeting_url",
    "meeting_error",
    "api_request_stop",
    "bot_removed_too_early",
    "recording_succeeded",
    "recording_failed",
]

# §4.4, and what the vendor's own dashboard knows of Zoom and of signing in.
CONTRACT_CODES = [
    "BOT_REMOVED",
    "NO_ATTENDEES",
    "NO_SPEAKER",
    "RECORDING_TIMEOUT",
    "API_REQUEST",
    "BOT_NOT_ACCEPTED",
    "TIMEOUT_WAITING_TO_START",
    "CANNOT_JOIN_MEETING",
    "BOT_REMOVED_TOO_EARLY",
    "INVALID_MEETING_URL",
    "STREAMING_SETUP_FAILED",
    "LOGIN_REQUIRED",
    "INTERNAL_ERROR",
    "OOM_KILLED",
    "SIGTERM",
    "FORCE_KILLED",
    "GENERAL_ERROR",
    "EXITING_MEETING_BEFORE_RECORD",
    "TRANSCRIPTION_FAILED",
    "UNKNOWN_ERROR",
    "WAITING_FOR_HOST_TIMEOUT",
    "WAITING_FOR_AUTHORIZED_USER_TIMEOUT",
    "UNABLE_JOIN_EXTERNAL_MEETING",
    "RECORDING_RIGHTS_NOT_GRANTED",
    "CANNOT_REQUEST_RECORDING_RIGHT",
    "MEETING_ENDED_PREMATURELY",
    "SET_ZOOM_ID_AND_PWD_TOGETHER",
    "CANNOT_GET_JWT_TOKEN",
    "SDK_AUTH_FAILED",
    "ZOOM_ACCESS_TOKEN_ERROR",
    "ZOOM_OBF_TOKEN_ERROR",
    "RECORDING_START_TIMEOUT",
    "HOST_CLIENT_CANNOT_GRANT_PERMISSION",
    "ZOOM_ANONYMOUS_JOIN_NOT_ALLOWED",
    "INSUFFICIENT_TOKENS",
    "DAILY_BOT_CAP_REACHED",
    "BOT_ALREADY_EXISTS",
    "MEET_LOGIN_UNAVAILABLE",
    "MEET_LOGIN_REQUIRED",
    "MEET_LOGIN_FAILED_SAML_REJECTED",
    "MEET_LOGIN_FAILED_TIMEOUT",
    "TEAMS_LOGIN_UNAVAILABLE",
    "TEAMS_LOGIN_REQUIRED",
    "TEAMS_LOGIN_FAILED_INVALID_CREDENTIALS",
    "TEAMS_LOGIN_FAILED_CAPTCHA",
    "TEAMS_LOGIN_FAILED_MFA_REQUIRED",
    "TEAMS_LOGIN_FAILED_TIMEOUT",
]

# §4.1: `failed.error` of v1 and its end reasons, in every spelling.
V1_CODES = {
    "CannotJoinMeeting": "CANNOT_JOIN_MEETING",
    "TimeoutWaitingToStart": "TIMEOUT_WAITING_TO_START",
    "BotNotAccepted": "BOT_NOT_ACCEPTED",
    "BotRemoved": "BOT_REMOVED",
    "InternalError": "INTERNAL_ERROR",
    "InternalError classic": "INTERNAL_ERROR",
    "InvalidMeetingUrl": "INVALID_MEETING_URL",
    "StreamingSetupFailed": "STREAMING_SETUP_FAILED",
    "meeting_not_found": "MEETING_NOT_FOUND",
    "access_denied": "ACCESS_DENIED",
    "authentication_error": "AUTHENTICATION_ERROR",
    "network_error": "NETWORK_ERROR",
    "internal_error": "INTERNAL_ERROR",
    "bot_removed": "BOT_REMOVED",
    "no_attendees": "NO_ATTENDEES",
    "no_speaker": "NO_SPEAKER",
    "recording_timeout": "RECORDING_TIMEOUT",
    "api_request": "API_REQUEST",
    "meeting_error": "CANNOT_JOIN_MEETING",
}


@pytest.mark.parametrize("raw", sorted({*CONTRACT_STATUSES, *STATUSES}))
def test_every_status_is_told_in_a_sentence_with_a_next_step(raw: str) -> None:
    status = read_status({"status": raw})
    assert raw in STATUSES
    assert status.sentence.endswith(".")
    assert status.next_step.endswith(".")


@pytest.mark.parametrize("code", CONTRACT_CODES)
def test_every_documented_code_has_an_entry_of_its_own(code: str) -> None:
    assert code in ERROR_CODES or code in NORMAL_ENDS
    status = read_status({"status": "failed", "error_code": code})
    assert status.problem is not None
    assert "we do not know yet" not in status.problem.sentence
    assert status.problem.next_step.endswith(".")


@pytest.mark.parametrize(("code", "canonical_code"), V1_CODES.items())
def test_v1s_codes_mean_the_same_as_v2s(code: str, canonical_code: str) -> None:
    assert canonical(code) == canonical_code
    problem = problem_of_code(code, "vendor text")
    assert (problem is None) is (canonical_code in NORMAL_ENDS)
    if problem is not None:
        assert problem.vendor_words == f"{code}: vendor text"
        assert "we do not know yet" not in problem.sentence


@pytest.mark.parametrize("code", CONTRACT_CODES)
def test_a_code_in_the_place_of_the_status_is_an_end(code: str) -> None:
    status = read_status({"status": code})
    assert status.state is (BotState.ENDED if code in NORMAL_ENDS else BotState.FAILED)
    assert (status.raw, bool(status.problem)) == (code, code not in NORMAL_ENDS)


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
