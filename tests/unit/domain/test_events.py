"""Events go out as JSON and come back the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.clock import from_iso, to_iso
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.events import (
    KINDS,
    AftermathChanged,
    BotEvidence,
    BotProblem,
    BotStateChanged,
    BotStatusChanged,
    ChatMessage,
    Event,
    FloorChanged,
    LineFinal,
    LinePartial,
    LogLine,
    Notice,
    PersonaChanged,
    RosterChanged,
    SettingsChanged,
    ToolCalled,
    TunnelState,
    TurnTimed,
    event_from_json,
)

AT = datetime(2026, 7, 3, 10, 2, 11, 250_000, tzinfo=UTC)
TROUBLE = Problem(
    Stage.SPEAK, Reason.RATE_LIMIT, "Too fast.", "Wait.", "429", False, retry_after_s=2.5
)

EXAMPLES: tuple[Event, ...] = (
    BotStateChanged(
        at=AT, bot_id="b", state=BotState.LOBBY, previous=BotState.JOINING, meeting_id="m"
    ),
    BotStatusChanged(
        at=AT, bot_id="b", state=BotState.IN_CALL, provider_status="in_call_recording"
    ),
    BotEvidence(at=AT, bot_id="b", evidence=Evidence.HEARD, detail="roster"),
    BotProblem(at=AT, bot_id="b", problem=TROUBLE, recovered=True),
    LinePartial(at=AT, bot_id="b", line_id="1", speaker="Priya", text="He", is_bot=False),
    LineFinal(
        at=AT, bot_id="b", line_id="1", speaker="Priya", text="Hé", is_bot=False, seconds=1.5
    ),
    TurnTimed(at=AT, bot_id="b", turn=1, total_ms=812.0),
    ToolCalled(at=AT, bot_id="b", tool="weather", ok=False, took_ms=5, failed="No answer."),
    ChatMessage(at=AT, bot_id="b", sender="Priya", text="link"),
    RosterChanged(at=AT, bot_id="b", names=("Ada", "Priya"), speaking=("Ada",)),
    FloorChanged(at=AT, bot_id="b", meeting="meet:abc-defg-hij", waiting=("c",)),
    AftermathChanged(at=AT, bot_id="b", meeting_id="m"),
    TunnelState(at=AT, state="failed", problem=TROUBLE),
    PersonaChanged(at=AT, persona="interviewer"),
    SettingsChanged(at=AT, fields=("theme",)),
    Notice(at=AT, level="info", sentence="Hello."),
    LogLine(at=AT, level="info", source="x", text="y"),
)


def test_every_kind_has_an_example() -> None:
    assert {e.kind for e in EXAMPLES} == set(KINDS)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: e.kind)
def test_goes_through_json_unchanged(event: Event) -> None:
    data = event.to_json()
    assert next(iter(data)) == "kind"
    assert data["at"] == "2026-07-03T10:02:11.250Z"
    assert event_from_json(json.loads(json.dumps(data))) == event


def test_the_contract_of_the_terminal() -> None:
    data = EXAMPLES[0].to_json()
    assert (data["kind"], data["bot_id"], data["state"]) == ("bot.state", "b", "lobby")
    line = EXAMPLES[5].to_json()
    assert (line["speaker"], line["text"], line["is_bot"]) == ("Priya", "Hé", False)


def test_unknown_fields_are_ignored_and_unknown_kinds_refused() -> None:
    assert event_from_json({**EXAMPLES[0].to_json(), "hat": "red"}) == EXAMPLES[0]
    with pytest.raises(ValueError, match="no event of kind 'hat'"):
        event_from_json({"kind": "hat"})
    with pytest.raises(ValueError, match="lacks a field"):
        event_from_json({"kind": "notice", "level": "info"})


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])))
def test_moments_keep_their_milliseconds(at: datetime) -> None:
    if not datetime(2, 1, 1, tzinfo=UTC) < at < datetime(9998, 1, 1, tzinfo=UTC):
        return
    text = to_iso(at)
    assert text.endswith("Z")
    assert abs(from_iso(text) - at) < timedelta(milliseconds=1)


def test_a_moment_without_a_zone_is_utc() -> None:
    assert from_iso("2026-07-03T10:02:11.250") == AT
