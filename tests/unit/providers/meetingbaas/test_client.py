"""The v2 client: what it sends, and what it says when something goes wrong."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import ProviderError, Reason
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.base import JoinRequest, KeyVerdict, MeetingProvider
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider, create_body

BOT = "123e4567-e89b-42d3-a456-426614174000"
KEY = "mb-key-0123456789"
SOCKET = "wss://desk.example/ws/b1/unguessable-secret"
REQUEST = JoinRequest(
    bot_name="Ada",
    meeting=parse_link("https://zoom.us/j/123456789?pwd=hush-hush"),
    streaming_url=SOCKET,
    rate_hz=24000,
)

Answer = Callable[[httpx.Request], httpx.Response]


class Service:
    """A MeetingBaas that answers as told; keeps the requests and the waits between them."""

    def __init__(self, *answers: httpx.Response | Exception | Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.provider = MeetingBaasV2Provider(KEY, http=self.http, sleep=self._sleep)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def ok(data: Any, status: int = 200, **beside: Any) -> httpx.Response:
    return httpx.Response(status, json={"success": True, "data": data, **beside})


def refused(status: int, code: str, message: str = "No.", **more: Any) -> httpx.Response:
    body = {"success": False, "error": "Error", "code": code, "statusCode": status}
    return httpx.Response(status, json={**body, "message": message, **more})


async def problem_of(service: Service) -> Any:
    with pytest.raises(ProviderError) as caught:
        await service.provider.create(REQUEST)
    return caught.value.problem


def test_is_a_meeting_provider() -> None:
    assert isinstance(MeetingBaasV2Provider(KEY), MeetingProvider)


async def test_create_sends_one_url_for_both_directions_and_allows_several_bots() -> None:
    service = Service(ok({"bot_id": BOT}, 201))
    assert await service.provider.create(REQUEST) == BOT
    (request,) = service.requests
    body = json.loads(request.content)
    assert request.method == "POST"
    assert str(request.url) == "https://api.meetingbaas.com/v2/bots"
    assert request.headers["x-meeting-baas-api-key"] == KEY
    assert body["allow_multiple_bots"] is True
    assert body["streaming_enabled"] is True
    assert body["streaming_config"] == {
        "input_url": SOCKET,
        "output_url": SOCKET,
        "audio_frequency": 24000,
    }
    assert body["meeting_url"] == "https://zoom.us/j/123456789?pwd=hush-hush"


def test_create_leaves_out_what_was_not_asked_for() -> None:
    plain = create_body(JoinRequest("Ada", REQUEST.meeting, ""))
    assert plain["streaming_enabled"] is False
    assert not {"streaming_config", "entry_message", "bot_image", "extra"} & set(plain)
    full = create_body(
        JoinRequest(
            "A" * 300, REQUEST.meeting, SOCKET, 16000, "e" * 600, "https://i/x.png", {"a": 1}
        )
    )
    assert len(full["bot_name"]) == 255
    assert len(full["entry_message"]) == 500
    assert full["bot_image"] == "https://i/x.png"
    assert full["extra"] == {"a": 1}


@pytest.mark.parametrize(
    ("status", "code", "reason", "permanent"),
    [
        (400, "FST_ERR_VALIDATION", Reason.BAD_INPUT, True),
        (401, "FST_ERR_FORBIDDEN", Reason.AUTHENTICATION, True),
        (401, "", Reason.AUTHENTICATION, True),
        (402, "FST_ERR_INSUFFICIENT_TOKENS", Reason.QUOTA, True),
        (403, "FST_ERR_FORBIDDEN", Reason.AUTHENTICATION, True),
        (404, "FST_ERR_BOT_NOT_FOUND_BY_ID", Reason.NOT_FOUND, True),
        (404, "", Reason.NOT_FOUND, True),
        (409, "FST_ERR_BOT_ALREADY_EXISTS", Reason.CONFLICT, True),
        (409, "FST_ERR_BOT_STATUS", Reason.CONFLICT, True),
        (409, "FST_ERR_CALLBACK_NOT_CONFIGURED", Reason.CONFLICT, True),
        (409, "SOMETHING_NEW", Reason.CONFLICT, True),
        (415, "FST_ERR_CTP_INVALID_MEDIA_TYPE", Reason.PROTOCOL, True),
        (400, "INVALID_MEETING_PLATFORM", Reason.BAD_INPUT, True),
        (403, "BYOK_TRANSCRIPTION_NOT_ENABLED_ON_PLAN", Reason.QUOTA, True),
        (500, "BOT_CREATE_FAILED", Reason.UNAVAILABLE, False),
        (400, "DAILY_BOT_CAP_REACHED", Reason.QUOTA, True),
        (400, "INSUFFICIENT_TOKENS", Reason.QUOTA, True),
        (409, "meet_login_unavailable", Reason.CONFLICT, False),
        (409, "teams_login_unavailable", Reason.CONFLICT, False),
        (418, "TEAPOT", Reason.REFUSED, True),
        (422, "FST_ERR_CHAT_DISABLED", Reason.REFUSED, True),
        (429, "FST_ERR_TOO_MANY_REQUESTS", Reason.RATE_LIMIT, False),
        (429, "FST_ERR_DAILY_BOT_CAP_REACHED", Reason.QUOTA, True),
        (500, "FST_ERR_SEND_CHAT_MESSAGE_FAILED", Reason.UNAVAILABLE, False),
        (500, "", Reason.UNAVAILABLE, False),
        (503, "", Reason.UNAVAILABLE, False),
    ],
)
async def test_every_refusal_says_what_to_do_in_the_vendors_words(
    status: int, code: str, reason: Reason, permanent: bool
) -> None:
    problem = await problem_of(Service(refused(status, code, "Vendor text")))
    assert problem.reason is reason
    assert problem.is_permanent is permanent
    assert "Vendor text" in problem.vendor_words
    assert code in problem.vendor_words
    assert problem.sentence.endswith(".")
    assert problem.next_step.endswith(".")


@pytest.mark.parametrize(
    "details",
    [
        "bot_name too long",
        [{"field": "bot_name", "message": "too long", "code": "x"}],
        ["bot_name"],
    ],
)
async def test_validation_details_are_told_in_every_known_form(details: Any) -> None:
    problem = await problem_of(Service(refused(400, "FST_ERR_VALIDATION", details=details)))
    assert "bot_name" in problem.vendor_words


async def test_retry_after_comes_from_the_body_or_the_header() -> None:
    body = refused(429, "FST_ERR_TOO_MANY_REQUESTS", retryAfter=7)
    assert (await problem_of(Service(body))).retry_after_s == 7
    header = httpx.Response(429, headers={"retry-after": "3"}, text="slow down")
    assert (await problem_of(Service(header))).retry_after_s == 3
    moment = httpx.Response(429, headers={"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"})
    assert (await problem_of(Service(moment))).retry_after_s is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(201, text="<html><title>Welcome</title>"),
        httpx.Response(201, text='{"success": true, "data": {"bot_'),
        httpx.Response(201, content=b"\xff\xfe\x00"),
        httpx.Response(201, json=[1, 2]),
        httpx.Response(201, json={"success": True}),
        httpx.Response(201, json={"success": True, "data": {}}),
        httpx.Response(201, json={"success": True, "data": {"bot_id": None}}),
        httpx.Response(201, json={"success": True, "data": {"bot_id": 42}}),
        httpx.Response(302, headers={"location": "https://sign-in.example/"}),
    ],
)
async def test_a_success_that_cannot_be_used_is_a_protocol_problem(answer: httpx.Response) -> None:
    problem = await problem_of(Service(answer))
    assert problem.reason is Reason.PROTOCOL
    assert problem.next_step


async def test_an_html_error_page_is_told_by_its_title() -> None:
    page = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>x</body>"
    problem = await problem_of(Service(httpx.Response(502, text=page)))
    assert problem.reason is Reason.UNAVAILABLE
    assert "<" not in problem.vendor_words or "502" in problem.vendor_words


@pytest.mark.parametrize(
    ("error", "reason", "said"),
    [
        (httpx.ReadTimeout("slow"), Reason.TIMEOUT, "in time"),
        (httpx.ConnectTimeout("slow"), Reason.TIMEOUT, "in time"),
        (httpx.PoolTimeout("busy"), Reason.TIMEOUT, "at once"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), Reason.CONNECTIVITY, "name"),
        (httpx.ConnectError("[Errno 11001] getaddrinfo failed"), Reason.CONNECTIVITY, "name"),
        (httpx.ConnectError("All connection attempts failed"), Reason.CONNECTIVITY, "reached"),
        (
            httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
            Reason.CONNECTIVITY,
            "certificate",
        ),
        (httpx.RemoteProtocolError("Server disconnected"), Reason.CONNECTIVITY, "broke off"),
        (httpx.ReadError("reset"), Reason.CONNECTIVITY, "broke off"),
        (httpx.ProxyError("407"), Reason.CONNECTIVITY, "proxy"),
        (httpx.DecodingError("gzip"), Reason.PROTOCOL, "damaged"),
        (httpx.TooManyRedirects("x"), Reason.PROTOCOL, "circle"),
        (httpx.UnsupportedProtocol("no scheme"), Reason.BAD_INPUT, "web address"),
    ],
)
async def test_no_answer_is_told_by_its_cause(error: Exception, reason: Reason, said: str) -> None:
    problem = await problem_of(Service(error))
    assert problem.reason is reason
    assert said in problem.sentence
    assert problem.next_step.endswith(".")


@pytest.mark.parametrize(
    "answer", [refused(503, ""), httpx.ReadTimeout("slow"), refused(429, "X", retryAfter=1)]
)
async def test_create_is_never_sent_twice(answer: httpx.Response | Exception) -> None:
    service = Service(answer)
    await problem_of(service)
    assert [r.method for r in service.requests].count("POST") == 1
    assert service.waits == []


async def test_reading_is_repeated_where_the_trouble_may_pass() -> None:
    service = Service(
        httpx.ConnectError("down"),
        refused(503, ""),
        ok({"bot_id": BOT, "status": "in_waiting_room"}),
    )
    assert (await service.provider.status(BOT)).state is BotState.LOBBY
    assert len(service.requests) == 3
    assert len(service.waits) == 2


async def test_reading_gives_up_after_three_times() -> None:
    service = Service(refused(503, "", "still down"))
    with pytest.raises(ProviderError, match="still down"):
        await service.provider.details(BOT)
    assert len(service.requests) == 3


async def test_the_services_own_pace_is_kept() -> None:
    limited = refused(429, "FST_ERR_TOO_MANY_REQUESTS", retryAfter=4)
    service = Service(limited, ok({"bot_id": BOT, "status": "queued"}))
    await service.provider.status(BOT)
    assert service.waits == [4]


async def test_a_long_wait_is_left_to_the_caller() -> None:
    service = Service(refused(429, "FST_ERR_TOO_MANY_REQUESTS", retryAfter=600))
    with pytest.raises(ProviderError) as caught:
        await service.provider.status(BOT)
    assert caught.value.problem.retry_after_s == 600
    assert len(service.requests) == 1


async def test_a_refused_key_is_not_tried_again() -> None:
    service = Service(refused(401, ""))
    with pytest.raises(ProviderError):
        await service.provider.status(BOT)
    assert len(service.requests) == 1


async def test_leave_is_repeated_and_forgives_a_bot_that_has_left() -> None:
    service = Service(refused(500, ""), ok({"message": "Bot leave request sent successfully."}))
    await service.provider.leave(BOT)
    assert [r.url.path for r in service.requests] == [f"/v2/bots/{BOT}/leave"] * 2
    assert service.requests[0].content == b""
    assert "content-type" not in service.requests[0].headers
    await Service(refused(409, "FST_ERR_BOT_STATUS")).provider.leave(BOT)


@pytest.mark.parametrize(
    "answer",
    [refused(404, "FST_ERR_BOT_NOT_FOUND_BY_ID"), refused(403, "FST_ERR_FORBIDDEN")],
)
async def test_leave_tells_what_it_could_not_do(answer: httpx.Response) -> None:
    with pytest.raises(ProviderError):
        await Service(answer).provider.leave(BOT)


async def test_an_end_is_explained_by_the_details() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        data = {"bot_id": BOT, "status": "failed"}
        if request.url.path.endswith("/status"):
            return ok({**data, "updated_at": "2026-01-02T03:04:05Z"})
        return ok({**data, "error_code": "LOGIN_REQUIRED", "error_message": "Sign in"})

    status = await Service(answer).provider.status(BOT)
    assert status.state is BotState.FAILED
    assert status.problem is not None
    assert status.problem.vendor_words == "LOGIN_REQUIRED: Sign in"
    assert status.at is not None


async def test_an_end_without_details_is_still_an_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/status"):
            return ok({"bot_id": BOT, "status": "completed"})
        return refused(403, "FST_ERR_FORBIDDEN")

    assert (await Service(answer).provider.status(BOT)).state is BotState.ENDED


async def test_an_unknown_status_is_passed_on_as_it_came() -> None:
    status = await Service(ok({"bot_id": BOT, "status": "levitating"})).provider.status(BOT)
    assert (status.raw, status.state) == ("levitating", None)


async def test_lists_bots_page_by_page() -> None:
    item = {"bot_id": BOT, "bot_name": "Ada", "status": "completed", "duration": 12.5}
    service = Service(ok([item, "odd"], cursor="next", prev_cursor=None))
    page = await service.provider.list(limit=2, cursor="here")
    assert page.cursor == "next"
    assert [(b.bot_name, b.duration_s) for b in page.bots] == [("Ada", 12.5)]
    assert dict(service.requests[0].url.params) == {"limit": "2", "cursor": "here"}


async def test_details_read_what_there_is() -> None:
    data = {
        "bot_id": BOT,
        "status": "in_call_recording",
        "joined_at": "2026-01-02T03:04:05Z",
        "participants": [{"name": "Priya", "id": 1}, {"name": "x", "display_name": "Max"}, 7],
        "tokens": {"total": 0.5},
    }
    details = await Service(ok(data)).provider.details(BOT)
    assert details.participants == ("Priya", "Max")
    assert details.tokens == 0.5
    assert details.joined is not None
    assert details.status.state is BotState.IN_CALL


async def test_long_chat_goes_as_several_messages() -> None:
    service = Service(ok({"message": "sent"}))
    await service.provider.send_chat(BOT, "a" * 500 + "b" * 20)
    sent = [json.loads(r.content)["message"] for r in service.requests]
    assert sent == ["a" * 500, "b" * 20]


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ([ok([], cursor=None, prev_cursor=None)], KeyVerdict.FULL),
        ([refused(401, "FST_ERR_FORBIDDEN")], KeyVerdict.REFUSED),
        ([refused(403, "FST_ERR_FORBIDDEN")], KeyVerdict.REFUSED),
        ([refused(403, "FST_ERR_FORBIDDEN"), refused(401, "")], KeyVerdict.REFUSED),
        ([refused(403, "X"), refused(400, "FST_ERR_VALIDATION")], KeyVerdict.SENDING_ONLY),
        ([refused(403, "X"), httpx.ConnectError("down")], KeyVerdict.SENDING_ONLY),
        ([refused(503, "")], KeyVerdict.UNKNOWN),
        ([httpx.ConnectError("down")], KeyVerdict.UNKNOWN),
    ],
)
async def test_check_tells_what_a_key_is_worth_and_makes_nothing(
    answers: list[httpx.Response | Exception], verdict: KeyVerdict
) -> None:
    service = Service(*answers)
    check = await service.provider.check()
    assert check.verdict is verdict
    assert check.sentence.endswith(".")
    assert dict(service.requests[0].url.params) == {"limit": "1"}
    assert all(r.method == "GET" or json.loads(r.content) == {} for r in service.requests)


@pytest.mark.parametrize("key", ["", "   "])
async def test_no_key_is_told_without_a_request(key: str) -> None:
    provider = MeetingBaasV2Provider(key)
    assert (await provider.check()).verdict is KeyVerdict.MISSING
    with pytest.raises(ProviderError, match="no API key"):
        await provider.create(REQUEST)
    await provider.aclose()


@pytest.mark.parametrize("key", ["schlüssel", "a\nb"])
async def test_a_key_that_cannot_be_sent_is_a_problem_and_no_crash(key: str) -> None:
    service = Service(ok([]))
    provider = MeetingBaasV2Provider(key, http=service.http)
    assert (await provider.check()).verdict is not KeyVerdict.FULL
    assert service.requests == []


async def test_secrets_never_come_back_in_words_or_reprs() -> None:
    echoed = refused(
        400,
        "FST_ERR_VALIDATION",
        f"body/streaming_config/input_url {SOCKET} for key {KEY} and "
        "https://zoom.us/j/123456789?pwd=hush-hush",
    )
    service = Service(echoed)
    problem = await problem_of(service)
    for secret in (KEY, "unguessable-secret", "hush-hush"):
        assert secret not in str(problem)
        assert secret not in repr(service.provider)


async def test_a_client_that_was_handed_in_stays_open() -> None:
    service = Service(ok([]))
    await service.provider.aclose()
    assert not service.http.is_closed


async def test_a_real_refused_connection_is_told() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

        async def at_once(_: float) -> None:
            return None

        provider = MeetingBaasV2Provider(KEY, f"http://127.0.0.1:{port}", sleep=at_once)
        with pytest.raises(ProviderError, match="cannot be reached"):
            await provider.status(BOT)
        await provider.aclose()
