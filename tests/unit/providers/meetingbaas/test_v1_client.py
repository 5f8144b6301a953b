"""v1 without a status call: what webhooks and `meeting_data` tell, and what leaving means."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import ProviderError, Reason
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.base import Capability, JoinRequest, KeyVerdict
from speakdesk.providers.meetingbaas.v1.client import MeetingBaasV1Provider
from speakdesk.providers.meetingbaas.webhooks import parse_webhook

BOT = "123e4567-e89b-42d3-a456-426614174000"
START = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
REQUEST = JoinRequest("Ada", parse_link("https://meet.google.com/abc-defg-hij"), "")
NOT_FOUND = httpx.Response(404, json={"error": "Bot not found"})

Answer = Callable[[httpx.Request], httpx.Response]


class Service:
    """Answers as told and keeps the time."""

    def __init__(self, *answers: httpx.Response | Exception | Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.now = START
        http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.provider = MeetingBaasV1Provider(
            "key", http=http, sleep=self._sleep, now=lambda: self.now
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    async def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def hear(self, event: str, **data: Any) -> bool:
        content = json.dumps({"event": event, "data": {"bot_id": BOT, **data}})
        return self.provider.note_webhook(parse_webhook(content, self.now))

    def moved(self, code: str, minute: int = 0) -> bool:
        at = (START + timedelta(minutes=minute)).isoformat()
        return self.hear("bot.status_change", status={"code": code, "created_at": at})


def data(**bot: Any) -> httpx.Response:
    return httpx.Response(200, json={"bot_data": {"bot": bot, "transcripts": []}, "mp4": ""})


def test_v1_says_that_it_cannot_chat() -> None:
    assert Capability.CHAT not in MeetingBaasV1Provider.capabilities


@pytest.mark.parametrize("bot_id", [BOT, 42])
async def test_the_id_may_be_a_number(bot_id: str | int) -> None:
    service = Service(httpx.Response(200, json={"bot_id": bot_id}))
    assert await service.provider.create(REQUEST) == str(bot_id)
    assert len(service.requests) == 1


async def test_a_webhook_is_the_status_and_spares_the_call() -> None:
    service = Service(NOT_FOUND)
    assert service.moved("in_waiting_room")
    assert (await service.provider.status(BOT)).state is BotState.LOBBY
    assert service.moved("in_call_recording", 1)
    assert not service.moved("joining_call", 0)
    assert (await service.provider.status(BOT)).state is BotState.IN_CALL
    assert service.requests == []


async def test_without_webhooks_the_data_is_asked_for_now_and_then() -> None:
    service = Service(NOT_FOUND, data(bot_joined_at="2026-01-02T03:00:10"))
    first = await service.provider.status(BOT)
    assert (first.raw, first.state) == ("", None)
    service.now += timedelta(seconds=14)
    await service.provider.status(BOT)
    assert len(service.requests) == 1
    service.now += timedelta(seconds=1)
    assert (await service.provider.status(BOT)).state is BotState.IN_CALL
    assert dict(service.requests[1].url.params) == {
        "bot_id": BOT,
        "include_transcripts": "false",
    }


async def test_a_webhook_that_never_came_does_not_keep_a_bot_alive() -> None:
    service = Service(data(bot_joined_at="2026-01-02T03:00:10", ended_at="2026-01-02T03:05:00"))
    service.moved("in_call_recording")
    service.now += timedelta(minutes=6)
    ended = await service.provider.status(BOT)
    assert (ended.raw, ended.state, ended.cause) == ("ended", BotState.ENDED, "the call ended")


@pytest.mark.parametrize(
    ("event", "more", "state"),
    [
        ("complete", {"mp4": "https://s3/v.mp4"}, BotState.ENDED),
        ("failed", {"error": "BotNotAccepted", "message": "No"}, BotState.FAILED),
    ],
)
async def test_an_end_by_webhook_is_the_end(
    event: str, more: dict[str, str], state: BotState
) -> None:
    service = Service(httpx.ConnectError("down"))
    service.hear(event, **more)
    service.now += timedelta(hours=5)
    assert (await service.provider.status(BOT)).state is state
    assert service.requests == []


async def test_a_failure_in_the_data_is_explained() -> None:
    service = Service(data(errors="BotNotAccepted"))
    status = await service.provider.status(BOT)
    assert status.state is BotState.FAILED
    assert status.problem is not None
    assert status.problem.reason is Reason.REFUSED


@pytest.mark.parametrize("code", [401, 403, 503])
async def test_trouble_with_the_service_is_not_taken_for_silence(code: int) -> None:
    with pytest.raises(ProviderError):
        await Service(httpx.Response(code, json={"error": "x"})).provider.status(BOT)


async def test_other_events_are_no_status() -> None:
    service = Service(NOT_FOUND)
    assert not service.hear("transcription_complete")
    assert not service.provider.note_webhook(
        parse_webhook('{"event": "calendar.sync_events", "data": {}}', START)
    )


async def test_leaving_forgives_a_bot_that_has_left() -> None:
    ended = data(ended_at="2026-01-02T03:05:00")
    await Service(NOT_FOUND, ended).provider.leave(BOT)
    known = Service(NOT_FOUND)
    known.hear("complete")
    await known.provider.leave(BOT)
    assert len(known.requests) == 1


@pytest.mark.parametrize(
    "answers",
    [
        [NOT_FOUND, NOT_FOUND],
        [NOT_FOUND, data(bot_joined_at="2026-01-02T03:00:10")],
        [httpx.Response(200, json={"ok": False})],
        [httpx.Response(403, json={"error": "x"})],
    ],
)
async def test_leaving_says_when_the_bot_may_still_be_there(answers: list[httpx.Response]) -> None:
    with pytest.raises(ProviderError):
        await Service(*answers).provider.leave(BOT)


@pytest.mark.parametrize("name", ["bots", "recent_bots"])
async def test_the_list_is_read_under_both_its_names(name: str) -> None:
    entry = {"uuid": BOT, "bot_name": "Ada", "duration": 61, "speakers": ["Priya"], "extra": None}
    service = Service(httpx.Response(200, json={name: [entry, 7], "next_cursor": "on"}))
    page = await service.provider.list()
    assert [(bot.provider_bot_id, bot.duration_s) for bot in page.items] == [(BOT, 61)]
    assert page.cursor == "on"


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [
        (401, "InvalidApiKey", Reason.AUTHENTICATION),
        (404, "BotNotFound", Reason.NOT_FOUND),
        (402, "InsufficientTokens", Reason.QUOTA),
        (400, "InsufficientTokens", Reason.QUOTA),
        (429, "TooManyRequests", Reason.RATE_LIMIT),
        (409, "Bot already in this meeting", Reason.CONFLICT),
        (500, "", Reason.UNAVAILABLE),
    ],
)
async def test_v1s_bare_errors_are_explained(code: int, error: str, reason: Reason) -> None:
    service = Service(httpx.Response(code, json={"error": error}))
    with pytest.raises(ProviderError) as caught:
        await service.provider.create(REQUEST)
    assert caught.value.problem.reason is reason
    assert error in caught.value.problem.vendor_words


async def test_empty_errors_are_explained_by_their_status() -> None:
    with pytest.raises(ProviderError) as caught:
        await Service(httpx.Response(429)).provider.delete_data(BOT)
    assert caught.value.problem.reason is Reason.RATE_LIMIT


async def test_no_key_is_told_without_a_request() -> None:
    provider = MeetingBaasV1Provider(" ")
    assert (await provider.check()).verdict is KeyVerdict.MISSING
    await provider.aclose()


async def test_a_time_in_the_past_is_refused_before_anything_is_sent() -> None:
    service = Service(NOT_FOUND)
    with pytest.raises(ProviderError):
        await service.provider.schedule(REQUEST, START)
    assert service.requests == []
