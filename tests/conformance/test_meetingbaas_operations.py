"""Every operation of MeetingBaas v2 and v1: what our client sends, and every answer it may get."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from speakdesk.domain.calendar import CalendarLogin
from speakdesk.domain.errors import ProviderError
from speakdesk.domain.join import (
    CallbackOptions,
    JoinOptions,
    LeaveTimeouts,
    RecordingMode,
    SignInOptions,
    TranscriptionOptions,
    ZoomOptions,
)
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.base import EventBotRequest, JoinRequest, KeyVerdict
from speakdesk.providers.meetingbaas.bots import BotFilter
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.providers.meetingbaas.scheduled import ScheduledFilter
from speakdesk.providers.meetingbaas.v1.client import MeetingBaasV1Provider
from speakdesk.providers.meetingbaas.zoom import ZoomLogin
from tests.conformance.example_service import ExampleService
from tests.conformance.openapi import UUID, V1, V2, Specification

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
SOCKET = "wss://desk.example/ws/b1/unguessable"
MEET = parse_link("https://meet.google.com/abc-defg-hij")
TEAMS = parse_link("https://teams.microsoft.com/meet/1234567890?p=secret")
ZOOM_IDS = ZoomOptions(
    credential_id=UUID,
    credential_user_id="user",
    obf_token="obf",
    obf_token_url="https://desk.example/obf",
    zak_token_url="https://desk.example/zak",
)
ZOOM_APP = ZoomOptions(
    obf_token="obf",
    obf_token_url="https://desk.example/obf",
    zak_token_url="https://desk.example/zak",
    sdk_id="id",
    sdk_password="password",
    obf_user_id="user",
)


def options(zoom: ZoomOptions) -> JoinOptions:
    return JoinOptions(
        recording=RecordingMode.AUDIO_ONLY,
        timeouts=LeaveTimeouts(120, 1800, 300, 600, 7200),
        transcription=TranscriptionOptions("gladia", "their-key", {"language": "en"}),
        zoom=zoom,
        sign_in=SignInOptions(UUID, "bots", "anonymous"),
        callback=CallbackOptions("https://desk.example/webhooks/x", "secret", "PUT"),
        ignored_names=("Ada", "Marco"),
        images=("https://desk.example/a.png", "https://desk.example/b.png"),
        image_loop="bot_status",
        image_s=10,
    )


def joins(zoom: ZoomOptions) -> tuple[JoinRequest, ...]:
    """The plainest request, one that only records, and one with everything."""
    return (
        JoinRequest("Ada", MEET, SOCKET, 24000),
        JoinRequest("Recorder", MEET, "", options=JoinOptions(allow_multiple_bots=False)),
        JoinRequest(
            "Ada", TEAMS, SOCKET, 16000, "Hello", "https://x/a.png", {"a": 1}, options(zoom)
        ),
    )


EVENT_BOT = EventBotRequest("Ada", SOCKET, 24000, "Hello", "https://x/a.png", {"a": "b"})
LOGIN = CalendarLogin("google", "client", "secret", "token", "")
MICROSOFT = CalendarLogin("microsoft", "client", "secret", "token", "tenant")
ZOOM_LOGIN = ZoomLogin("client", "secret", "code", "https://desk.example/zoom")
FILTER = BotFilter(
    "Ada",
    "Priya",
    UUID,
    "zoom.us",
    ("zoom", "meet"),
    ("completed", "failed"),
    {"desk": "1"},
    NOW,
    LATER,
    NOW,
)
SCHEDULED_FILTER = ScheduledFilter(("scheduled",), "Ada", UUID, "zoom.us", ("zoom",), NOW, LATER)

pytestmark = pytest.mark.skipif(not V2.path.exists(), reason="the specifications are not here")

V2Call = Callable[[MeetingBaasV2Provider], Awaitable[Any]]
V1Call = Callable[[MeetingBaasV1Provider], Awaitable[Any]]
CREATES = joins(ZOOM_IDS)
V1_CREATES = joins(ZOOM_APP)
CALLBACK = CallbackOptions("https://desk.example/again", "secret", "PUT")

V2_CALLS: dict[tuple[str, str], list[V2Call]] = {
    ("POST", "/v2/bots"): [lambda p, r=r: p.create(r) for r in CREATES],
    ("GET", "/v2/bots"): [
        lambda p: p.list(),
        lambda p: p.list(250, "cursor", FILTER),
    ],
    ("POST", "/v2/bots/batch"): [lambda p: p.bots.create_batch(CREATES)],
    ("GET", "/v2/bots/{bot_id}"): [lambda p: p.details(UUID), lambda p: p.aftermath(UUID)],
    ("GET", "/v2/bots/{bot_id}/status"): [
        lambda p: p.status(UUID),
        lambda p: p.bots.transcription_status(UUID),
    ],
    ("GET", "/v2/bots/{bot_id}/screenshots"): [
        lambda p: p.bots.screenshots(UUID),
        lambda p: p.bots.screenshots(UUID, 10, "cursor"),
    ],
    ("POST", "/v2/bots/{bot_id}/leave"): [lambda p: p.leave(UUID)],
    ("POST", "/v2/bots/{bot_id}/send-chat-message"): [lambda p: p.send_chat(UUID, "x" * 600)],
    ("POST", "/v2/bots/{bot_id}/pause-recording"): [
        lambda p: p.pause(UUID),
        lambda p: p.pause(UUID, "x" * 600),
    ],
    ("POST", "/v2/bots/{bot_id}/resume-recording"): [
        lambda p: p.resume(UUID),
        lambda p: p.resume(UUID, "We go on."),
    ],
    ("DELETE", "/v2/bots/{bot_id}/delete-data"): [
        lambda p: p.bots.delete_data(UUID),
        lambda p: p.bots.delete_data(UUID, from_transcriber=False),
    ],
    ("POST", "/v2/bots/{bot_id}/resend-webhook"): [lambda p: p.bots.resend_webhook(UUID)],
    ("POST", "/v2/bots/{bot_id}/retry-callback"): [
        lambda p: p.bots.retry_callback(UUID),
        lambda p: p.bots.retry_callback(UUID, CALLBACK),
    ],
    ("PATCH", "/v2/bots/{bot_id}/update-config"): [
        lambda p: p.bots.update_extra(UUID, {"a": 1}),
        lambda p: p.bots.update_extra(UUID, None),
    ],
    ("POST", "/v2/bots/scheduled"): [lambda p, r=r: p.schedule(r, LATER) for r in CREATES],
    ("GET", "/v2/bots/scheduled"): [
        lambda p: p.scheduled_bots(),
        lambda p: p.scheduled.page(SCHEDULED_FILTER, 10, "cursor"),
    ],
    ("POST", "/v2/bots/scheduled/batch"): [
        lambda p: p.scheduled.create_batch([(r, LATER) for r in CREATES])
    ],
    ("GET", "/v2/bots/scheduled/{bot_id}"): [lambda p: p.scheduled.get(UUID)],
    ("PATCH", "/v2/bots/scheduled/{bot_id}"): [
        lambda p: p.scheduled.change(UUID, join_at=LATER),
        lambda p: p.scheduled.change(UUID, bot_name="Ada"),
        lambda p: p.scheduled.change(UUID, request=CREATES[2]),
        lambda p: p.redirect_scheduled(UUID, CREATES[2]),
    ],
    ("DELETE", "/v2/bots/scheduled/{bot_id}"): [lambda p: p.cancel_scheduled(UUID)],
    ("POST", "/v2/zoom-credentials"): [lambda p: p.zoom.create("Mine", ZOOM_LOGIN)],
    ("GET", "/v2/zoom-credentials"): [
        lambda p: p.zoom.all(),
        lambda p: p.zoom.all(kind="user", state="active"),
    ],
    ("GET", "/v2/zoom-credentials/{id}"): [lambda p: p.zoom.get(UUID)],
    ("PATCH", "/v2/zoom-credentials/{id}"): [
        lambda p: p.zoom.change(UUID, name="Ours"),
        lambda p: p.zoom.change(UUID, login=ZOOM_LOGIN),
    ],
    ("DELETE", "/v2/zoom-credentials/{id}"): [lambda p: p.zoom.delete(UUID)],
    ("POST", "/v2/calendars/list-raw"): [
        lambda p: p.calendars.choices(LOGIN),
        lambda p: p.calendars.choices(MICROSOFT),
    ],
    ("POST", "/v2/calendars"): [lambda p: p.calendars.connect(LOGIN, "raw-id")],
    ("GET", "/v2/calendars"): [lambda p: p.calendars.page(), lambda p: p.calendars.page(9, "c")],
    ("GET", "/v2/calendars/{calendar_id}"): [lambda p: p.calendars.get(UUID)],
    ("DELETE", "/v2/calendars/{calendar_id}"): [lambda p: p.calendars.disconnect(UUID)],
    ("PATCH", "/v2/calendars/{calendar_id}"): [lambda p: p.calendars.renew(UUID, MICROSOFT)],
    ("POST", "/v2/calendars/{calendar_id}/sync"): [lambda p: p.calendars.sync(UUID)],
    ("POST", "/v2/calendars/{calendar_id}/resubscribe"): [lambda p: p.calendars.resubscribe(UUID)],
    ("GET", "/v2/calendars/{calendar_id}/events"): [
        lambda p: p.calendars.events(UUID),
        lambda p: p.calendars.events(
            UUID, start=NOW, end=LATER, with_cancelled=True, limit=9, cursor="c"
        ),
    ],
    ("GET", "/v2/calendars/{calendar_id}/series"): [
        lambda p: p.calendars.series(UUID),
        lambda p: p.calendars.series(UUID, with_cancelled=True, limit=9, cursor="c"),
    ],
    ("GET", "/v2/calendars/{calendar_id}/events/{event_id}"): [
        lambda p: p.calendars.event(UUID, UUID)
    ],
    ("POST", "/v2/calendars/{calendar_id}/bots"): [
        lambda p: p.calendars.send_bot(UUID, UUID, EVENT_BOT, event_id=UUID),
        lambda p: p.calendars.send_bot(UUID, UUID, EVENT_BOT, all_occurrences=True),
    ],
    ("PATCH", "/v2/calendars/{calendar_id}/bots"): [
        lambda p: p.calendars.change_bot(UUID, UUID, EVENT_BOT, event_id=UUID)
    ],
    ("DELETE", "/v2/calendars/{calendar_id}/bots"): [
        lambda p: p.calendars.cancel_bot(UUID, UUID, all_occurrences=True)
    ],
}

V1_CALLS: dict[tuple[str, str], list[V1Call]] = {
    ("POST", "/bots/"): [
        *(lambda p, r=r: p.create(r) for r in V1_CREATES),
        lambda p: p.schedule(V1_CREATES[0], LATER),
    ],
    ("DELETE", "/bots/{uuid}"): [lambda p: p.leave(UUID)],
    ("GET", "/bots/meeting_data"): [lambda p: p.aftermath(UUID), lambda p: p.status(UUID)],
    ("POST", "/bots/{uuid}/delete_data"): [lambda p: p.delete_data(UUID)],
    ("GET", "/bots/bots_with_metadata"): [
        lambda p: p.list(),
        lambda p: p.list(50, "cursor", bot_name="Ada", filter_by_extra="a:b"),
        lambda p: p.listed_since(NOW),
    ],
    ("POST", "/bots/retranscribe"): [
        lambda p: p.retranscribe(UUID),
        lambda p: p.retranscribe(
            UUID, TranscriptionOptions("runpod", "key"), "https://desk.example/w"
        ),
    ],
    ("GET", "/bots/{uuid}/screenshots"): [lambda p: p.screenshots(UUID)],
    ("POST", "/calendars/raw"): [lambda p: p.calendars.choices(LOGIN)],
    ("GET", "/calendars/"): [lambda p: p.calendars.page()],
    ("POST", "/calendars/"): [
        lambda p: p.calendars.connect(LOGIN),
        lambda p: p.calendars.connect(MICROSOFT, "raw-id"),
    ],
    ("POST", "/calendars/resync_all"): [lambda p: p.calendars.sync()],
    ("GET", "/calendars/{uuid}"): [lambda p: p.calendars.get(UUID)],
    ("DELETE", "/calendars/{uuid}"): [lambda p: p.calendars.disconnect(UUID)],
    ("PATCH", "/calendars/{uuid}"): [lambda p: p.calendars.renew(UUID, LOGIN)],
    ("GET", "/calendar_events/"): [
        lambda p: p.calendars.events(UUID),
        lambda p: p.calendars.events(UUID, start=NOW, end=LATER, with_past=True, cursor="c"),
    ],
    ("GET", "/calendar_events/{uuid}"): [lambda p: p.calendars.event(UUID)],
    ("POST", "/calendar_events/{uuid}/bot"): [
        lambda p: p.calendars.send_bot(UUID, EVENT_BOT),
        lambda p: p.calendars.send_bot(
            UUID, EventBotRequest("Ada", options=options(ZOOM_APP)), all_occurrences=True
        ),
    ],
    ("PATCH", "/calendar_events/{uuid}/bot"): [lambda p: p.calendars.change_bot(UUID, EVENT_BOT)],
    ("DELETE", "/calendar_events/{uuid}/bot"): [lambda p: p.calendars.cancel_bot(UUID)],
    ("GET", "/zoom_oauth_connections/"): [lambda p: p.zoom.all()],
    ("POST", "/zoom_oauth_connections/"): [lambda p: p.zoom.connect(ZOOM_LOGIN)],
    ("GET", "/zoom_oauth_connections/{uuid}"): [lambda p: p.zoom.get(UUID)],
    ("DELETE", "/zoom_oauth_connections/{uuid}"): [lambda p: p.zoom.disconnect(UUID)],
}

# Three v1 operations only carry documentation.
DOCUMENTATION = {
    ("GET", "/bots/webhooks"),
    ("GET", "/bots/webhooks/bot"),
    ("GET", "/bots/webhooks/calendar"),
}
# An ended bot cannot leave, and one that has left already is no error.
FORGIVEN = {("DELETE", "/v2/bots/scheduled/{bot_id}", 409)}


def cases(spec: Specification, calls: dict[tuple[str, str], list[Any]]) -> list[Any]:
    return [
        pytest.param(method, path, status, call, id=f"{method} {path} {status} #{number}")
        for (method, path), found in calls.items()
        for status, _ in (spec.replies_of(method, path) if spec.path.exists() else [])
        for number, call in enumerate(found)
    ]


async def at_once(_: float) -> None:
    return None


def provider_of(spec: Specification, service: ExampleService) -> Any:
    kind = MeetingBaasV2Provider if spec is V2 else MeetingBaasV1Provider
    return kind("key", http=service.client(), sleep=at_once, now=lambda: NOW)


@pytest.mark.parametrize(
    ("spec", "calls", "left_out"),
    [(V2, V2_CALLS, set()), (V1, V1_CALLS, DOCUMENTATION)],
    ids=["v2", "v1"],
)
def test_the_client_has_every_operation(
    spec: Specification, calls: dict[tuple[str, str], list[Any]], left_out: set[tuple[str, str]]
) -> None:
    assert set(spec.operations()) == set(calls) | left_out


async def exercise(spec: Specification, method: str, path: str, status: int, call: Any) -> None:
    for is_full in (False, True):
        service = ExampleService(spec, path, method, status, is_full)
        provider = provider_of(spec, service)
        if status < 300 or (method, path, status) in FORGIVEN:
            await call(provider)
        else:
            with pytest.raises(ProviderError) as caught:
                await call(provider)
            assert caught.value.problem.sentence.endswith(".")
            assert caught.value.problem.next_step.endswith(".")
        assert service.requests


@pytest.mark.parametrize(("method", "path", "status", "call"), cases(V2, V2_CALLS))
async def test_v2_takes_our_request_and_we_read_its_answer(
    method: str, path: str, status: int, call: V2Call
) -> None:
    await exercise(V2, method, path, status, call)


@pytest.mark.parametrize(("method", "path", "status", "call"), cases(V1, V1_CALLS))
async def test_v1_takes_our_request_and_we_read_its_answer(
    method: str, path: str, status: int, call: V1Call
) -> None:
    await exercise(V1, method, path, status, call)


@pytest.mark.parametrize("spec", [V2, V1], ids=["v2", "v1"])
async def test_a_key_that_may_read_is_a_full_one(spec: Specification) -> None:
    check = await provider_of(spec, ExampleService(spec)).check()
    assert check.verdict is KeyVerdict.FULL
