"""Webhooks: proven or refused, every documented event read, and whatever else arrives."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speakdesk.domain.aftermath import ArtifactKind
from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Reason
from speakdesk.providers.base import ProviderStatus
from speakdesk.providers.meetingbaas.signatures import SvixVerifier, WebhookRefused, sign
from speakdesk.providers.meetingbaas.webhooks import (
    BotEnded,
    BotReported,
    CalendarReported,
    ChatReported,
    Proof,
    StatusBoard,
    TranscriptReported,
    WebhookReader,
    parse_webhook,
)
from tests.conformance.openapi import V2

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BOT = "123e4567-e89b-42d3-a456-426614174000"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = "mb-key-0123456789"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


class FixedClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


def body(event: str, data: Any, **beside: Any) -> bytes:
    return json.dumps({"event": event, "data": data, **beside}).encode()


def signed(content: bytes, message_id: str = "msg_1", at: datetime = NOW) -> dict[str, str]:
    stamp = int(at.timestamp())
    return {
        "Svix-Id": message_id,
        "Svix-Timestamp": str(stamp),
        "Svix-Signature": f"v1,AAAA {sign(SECRET, message_id, stamp, content)} v2,x",
    }


FAILED = body("bot.failed", {"bot_id": BOT, "error_code": "LOGIN_REQUIRED", "error_message": "x"})


def test_svix_signs_as_its_own_libraries_do() -> None:
    content = b'{"test": 2432232314}'
    made = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, content)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_event_is_believed_once() -> None:
    reader = WebhookReader(signing_secret=SECRET, clock=FixedClock())
    event = reader.read(signed(FAILED), FAILED)
    assert (event.proof, event.delivery_id) == (Proof.SIGNATURE, "msg_1")
    with pytest.raises(WebhookRefused) as caught:
        reader.read(signed(FAILED), FAILED)
    assert caught.value.http_status == 200


@pytest.mark.parametrize("seconds", [-301, 301, 100_000])
def test_an_old_or_early_signature_is_refused(seconds: int) -> None:
    clock = FixedClock(NOW + timedelta(seconds=seconds))
    with pytest.raises(WebhookRefused, match="too far from now"):
        WebhookReader(signing_secret=SECRET, clock=clock).read(signed(FAILED), FAILED)


@pytest.mark.parametrize(
    "change",
    [
        {"Svix-Signature": "v1,AAAA"},
        {"Svix-Signature": ""},
        {"Svix-Signature": "v1,é"},
        {"Svix-Timestamp": "yesterday"},
        {"Svix-Timestamp": "9" * 400},
        {"Svix-Timestamp": str(int(NOW.timestamp()) + 1)},
        {"Svix-Id": "msg_2"},
        {"Svix-Id": ""},
    ],
)
def test_a_signature_that_does_not_fit_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(WebhookRefused) as caught:
        WebhookReader(signing_secret=SECRET, clock=FixedClock()).read(
            signed(FAILED) | change, FAILED
        )
    assert caught.value.http_status == 401


def test_a_changed_body_is_refused() -> None:
    with pytest.raises(WebhookRefused, match="does not fit"):
        WebhookReader(signing_secret=SECRET, clock=FixedClock()).read(
            signed(FAILED), FAILED.replace(b"LOGIN", b"LOGON")
        )


def test_two_secrets_are_good_while_they_are_exchanged() -> None:
    both = f"whsec_{'A' * 32} {SECRET}"
    assert WebhookReader(signing_secret=both, clock=FixedClock()).read(signed(FAILED), FAILED)


def test_an_unreadable_message_may_come_again() -> None:
    reader = WebhookReader(signing_secret=SECRET, clock=FixedClock())
    for _ in range(2):
        with pytest.raises(WebhookRefused) as caught:
            reader.read(signed(b"{"), b"{")
        assert caught.value.http_status == 400


def test_what_was_seen_is_forgotten_when_it_is_too_old_to_be_replayed() -> None:
    verifier = SvixVerifier(SECRET)
    for number in range(50):
        at = NOW + timedelta(seconds=60 * number)
        verifier.verify(signed(FAILED, f"m{number}", at), FAILED, at)
    assert len(verifier._seen) <= 11


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!!", "whsec_é"])
def test_a_secret_that_is_none_is_said_at_once(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        WebhookReader(signing_secret=secret)


@pytest.mark.parametrize(
    ("headers", "proof"),
    [
        ({"X-Meeting-Baas-Api-Key": KEY}, Proof.API_KEY),
        ({"x-mb-secret": "shared"}, Proof.CALLBACK_SECRET),
    ],
)
def test_each_kind_of_report_has_its_own_proof(headers: dict[str, str], proof: Proof) -> None:
    reader = WebhookReader(api_key=KEY, callback_secret="shared")
    assert reader.read(headers, FAILED).proof is proof


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-mb-secret": "wrong"},
        {"x-mb-secret": ""},
        {"x-meeting-baas-api-key": "wrong"},
        {"x-meeting-baas-api-key": ""},
        {"x-meeting-baas-api-key": "shared"},
        {"x-mb-secret": KEY},
        {"x-mb-secret": "sch\u00fcssel"},
        {"svix-id": "m", "svix-timestamp": "1", "svix-signature": "v1,x"},
        {"svix-id": "m", "x-mb-secret": "shared"},
    ],
)
def test_what_proves_nothing_is_refused_and_its_words_are_not_repeated(
    headers: dict[str, str],
) -> None:
    with pytest.raises(WebhookRefused) as caught:
        WebhookReader(api_key=KEY, callback_secret="shared").read(headers, FAILED)
    assert caught.value.http_status == 401
    assert KEY not in caught.value.why


def test_no_secret_proves_nothing() -> None:
    for headers in ({"x-mb-secret": ""}, {"x-meeting-baas-api-key": ""}):
        with pytest.raises(WebhookRefused):
            WebhookReader().read(headers, FAILED)


def test_the_secret_of_one_bot_counts_for_its_address() -> None:
    reader = WebhookReader(callback_secret="of all")
    assert reader.read({"x-mb-secret": "of one"}, FAILED, callback_secret="of one")
    with pytest.raises(WebhookRefused):
        reader.read({"x-mb-secret": "of all"}, FAILED, callback_secret="of one")


def test_unsigned_reports_can_be_let_in_and_are_marked() -> None:
    reader = WebhookReader(accept_unsigned=True, clock=FixedClock())
    assert reader.read(signed(FAILED), FAILED).proof is Proof.NONE
    assert reader.read({}, FAILED).proof is Proof.NONE


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"event": 7}', b"[" * 100_000])
def test_what_is_no_event_is_refused_as_unreadable(content: bytes) -> None:
    with pytest.raises(WebhookRefused) as caught:
        parse_webhook(content, NOW)
    assert caught.value.http_status == 400


def read(event: str, data: Any, **beside: Any) -> Any:
    return parse_webhook(body(event, data, **beside), NOW)


def test_a_change_of_state_moves_the_bot() -> None:
    status = {"code": "in_call_recording", "created_at": "2025-01-15T10:30:00Z", "start_time": 1}
    event = read(
        "bot.status_change", {"bot_id": BOT, "event_id": None, "status": status}, extra={"a": "b"}
    )
    assert isinstance(event, BotReported)
    assert event.status.state is BotState.IN_CALL
    assert event.at == datetime(2025, 1, 15, 10, 30, tzinfo=UTC)
    assert (event.provider_bot_id, event.extra) == (BOT, {"a": "b"})


@pytest.mark.parametrize("where", ["beside", "inside"])
def test_extra_is_found_in_both_places(where: str) -> None:
    data: dict[str, Any] = {"bot_id": BOT}
    beside = {}
    if where == "inside":
        data["extra"] = {"a": 1}
    else:
        beside["extra"] = {"a": 1}
    assert read("bot.completed", data, **beside).extra == {"a": 1}


def test_an_error_in_the_state_is_told_in_the_vendors_words() -> None:
    status = {"code": "meeting_error", "error_message": "No host", "error_type": "BotNotAccepted"}
    event = read("bot.status_change", {"bot_id": BOT, "status": status})
    assert event.status.problem.vendor_words == "BotNotAccepted: No host"


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("bot.failed", {"error_code": "BOT_NOT_ACCEPTED", "error_message": "No"}),
        ("failed", {"error": "BotNotAccepted", "message": "No"}),
    ],
)
def test_a_failure_is_explained_in_both_versions(event: str, data: dict[str, str]) -> None:
    found = read(event, {"bot_id": BOT, **data})
    assert found.status.state is BotState.FAILED
    assert found.status.problem.reason is Reason.REFUSED


@pytest.mark.parametrize("video", ["video", "mp4"])
def test_an_end_brings_the_files(video: str) -> None:
    event = read(
        "bot.completed",
        {
            "bot_id": BOT,
            video: "https://storage.example/v.mp4",
            "audio": None,
            "duration_seconds": 60,
            "participants": [{"name": "Priya", "id": 1}],
            "sent_at": "2026-01-02T03:00:00Z",
        },
    )
    assert isinstance(event, BotEnded)
    after = event.aftermath
    assert (after.is_complete, after.duration_s) == (True, 60)
    artifact = after.artifact(ArtifactKind.VIDEO)
    assert artifact is not None
    assert artifact.expires == NOW + timedelta(hours=4)
    assert event.status.state is BotState.ENDED


def test_an_end_of_v1_brings_the_transcript_and_believes_the_shortest_life() -> None:
    line = {
        "speaker": "John Doe",
        "offset": 1.5,
        "start_time": 1.5,
        "end_time": 2.4,
        "words": [{"start": 1.5, "end": 1.9, "word": "Hello"}],
    }
    event = read(
        "complete",
        {
            "bot_id": BOT,
            "transcript": [line],
            "speakers": ["Jane", "John Doe"],
            "mp4": "https://storage.example/v.mp4",
            "event": "complete",
        },
    )
    assert isinstance(event, BotEnded)
    assert [(found.speaker, found.text) for found in event.aftermath.lines] == [
        ("John Doe", "Hello")
    ]
    assert event.aftermath.speakers == ("Jane", "John Doe")
    artifact = event.aftermath.artifact(ArtifactKind.VIDEO)
    assert artifact is not None
    assert artifact.expires == NOW + timedelta(hours=1)


def test_chat_and_transcripts_are_told() -> None:
    chat = read("bot.chat_message", {"bot_id": BOT, "sender_name": "Priya", "text": "Hi"})
    assert isinstance(chat, ChatReported)
    assert (chat.sender, chat.text) == ("Priya", "Hi")
    assert "Hi" not in repr(chat)
    assert isinstance(read("transcription_complete", {"bot_id": BOT}), TranscriptReported)


@pytest.mark.parametrize(
    "name",
    [
        "BotWebhookStatusChange",
        "BotWebhookCompleted",
        "BotWebhookFailed",
        "BotWebhookChatMessage",
        "CallbackCompleted",
        "CallbackFailed",
        "CalendarWebhookConnectionCreated",
        "CalendarWebhookConnectionUpdated",
        "CalendarWebhookConnectionDeleted",
        "CalendarWebhookEventsSynced",
        "CalendarWebhookEventCreated",
        "CalendarWebhookEventUpdated",
        "CalendarWebhookEventCancelled",
    ],
)
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.skipif(not V2.path.exists(), reason="the specifications are not here")
def test_every_event_of_the_specification_is_read(name: str, is_full: bool) -> None:
    schema = V2.content["components"]["schemas"][name]
    event = parse_webhook(json.dumps(V2.example(schema, is_full=is_full)), NOW)
    assert type(event).__name__ != "WebhookEvent"
    if isinstance(event, CalendarReported):
        assert event.connection.calendar_id == BOT
        assert event.is_gone is ("Deleted" in name)
        if is_full and "Event" in name.removeprefix("CalendarWebhook"):
            assert [found.event_id for found in event.events] == [BOT]
            assert event.events[0].start is not None
    else:
        assert event.provider_bot_id == BOT


def test_v1_names_the_events_that_changed() -> None:
    event = read("calendar.sync_events", {"calendar_id": "c", "affected_event_uuids": ["e1", "e2"]})
    assert isinstance(event, CalendarReported)
    assert event.event_ids == ("e1", "e2")


def test_a_calendar_in_trouble_says_what_to_do() -> None:
    event = read("calendar.connection_error", {"calendar_id": "c", "status_message": "gone"})
    assert event.connection.problem is not None
    assert event.connection.problem.vendor_words == "gone"


def test_an_unknown_event_is_kept_as_it_came() -> None:
    event = read("bot.levitated", {"bot_id": BOT, "height": 2})
    assert type(event).__name__ == "WebhookEvent"
    assert event.raw["data"]["height"] == 2


@given(
    event=st.sampled_from(
        ["bot.status_change", "bot.completed", "complete", "failed", "bot.failed", "calendar.x"]
    )
    | st.text(min_size=1),
    data=JSON,
    extra=JSON,
    fields=st.dictionaries(
        st.sampled_from(
            ["bot_id", "status", "error", "transcript", "speakers", "events", "sent_at", "mp4"]
        ),
        JSON,
    ),
)
def test_no_json_breaks_the_reader(event: str, data: Any, extra: Any, fields: Any) -> None:
    for inner in (data, fields):
        content = json.dumps({"event": event, "data": inner, "extra": extra})
        assert parse_webhook(content, NOW).kind == event


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with contextlib.suppress(WebhookRefused):
        parse_webhook(content, NOW)


def status(raw: str, state: BotState | None, second: int | None) -> ProviderStatus:
    at = None if second is None else NOW + timedelta(seconds=second)
    return ProviderStatus(raw, state, at)


def test_a_late_word_changes_nothing_and_an_end_stays() -> None:
    board = StatusBoard()
    assert board.put(BOT, status("in_call", BotState.IN_CALL, 10))
    assert not board.put(BOT, status("in_waiting_room", BotState.LOBBY, 5))
    assert board.put(BOT, status("paused", BotState.IN_CALL, 11))
    assert board.put(BOT, status("call_ended", BotState.ENDED, 12))
    assert not board.put(BOT, status("in_call", BotState.IN_CALL, 13))
    assert board.put(BOT, status("completed", BotState.ENDED, 14))
    found = board.get(BOT)
    assert found is not None
    assert found.raw == "completed"


def test_the_board_does_not_grow_for_ever() -> None:
    board = StatusBoard(longest=3)
    for number in range(10):
        board.put(str(number), status("queued", BotState.JOINING, None))
    assert [board.get(str(n)) is not None for n in (6, 7, 8, 9)] == [False, True, True, True]
