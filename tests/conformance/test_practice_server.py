"""The practice server against MeetingBaas's own specification, and our client against both."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import GatewayError, ProviderError, Reason
from speakdesk.domain.meeting import PRACTICE_LINK
from speakdesk.providers.base import JoinRequest, KeyVerdict, MeetingProvider
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.providers.practice.provider import PracticeProvider
from speakdesk.providers.practice.scenario import Fault
from speakdesk.providers.practice.server import PracticeServer
from tests.conformance.v2_spec import assert_reply_conforms, assert_request_conforms

NOWHERE = "ws://127.0.0.1:9/ws/b/secret"
BODY: dict[str, Any] = {"bot_name": "Ada", "meeting_url": "practice://room"}


@pytest.fixture
async def server() -> AsyncIterator[PracticeServer]:
    server = PracticeServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def http(server: PracticeServer) -> AsyncIterator[httpx.AsyncClient]:
    async def check_reply(response: httpx.Response) -> None:
        await response.aread()
        if "conforms" not in response.request.extensions:
            assert_reply_conforms(response)

    async with httpx.AsyncClient(
        base_url=server.base_url,
        trust_env=False,
        verify=False,
        event_hooks={"response": [check_reply]},
    ) as client:
        yield client


@pytest.fixture
async def provider(server: PracticeServer) -> AsyncIterator[MeetingBaasV2Provider]:
    """Our client, every request and reply of it held against the specification."""

    async def check_request(request: httpx.Request) -> None:
        assert_request_conforms(request)

    async def check_reply(response: httpx.Response) -> None:
        await response.aread()
        assert_reply_conforms(response)

    async def at_once(_: float) -> None:
        return None

    hooks: dict[str, list[Any]] = {"request": [check_request], "response": [check_reply]}
    async with httpx.AsyncClient(trust_env=False, verify=False, event_hooks=hooks) as client:
        yield MeetingBaasV2Provider("any-key", server.base_url, client, sleep=at_once)


async def create(http: httpx.AsyncClient, **more: Any) -> str:
    response = await http.post("/v2/bots", json={**BODY, **more})
    assert response.status_code == 201, response.text
    return str(response.json()["data"]["bot_id"])


def join(name: str = "Ada", **more: Any) -> JoinRequest:
    return JoinRequest(name, PRACTICE_LINK, NOWHERE, **more)


async def test_our_client_and_the_server_agree_with_the_specification(
    server: PracticeServer, provider: MeetingBaasV2Provider
) -> None:
    server.room.join_person("Priya")
    bot_id = await provider.create(join(entry_message="Hello", extra={"desk": "1"}, rate_hz=48000))
    assert (await provider.status(bot_id)).state is BotState.IN_CALL
    await provider.send_chat(bot_id, "Good morning")
    assert [line.text for line in server.room.chat] == ["Hello", "Good morning"]
    details = await provider.details(bot_id)
    assert details.participants == ("Priya",)
    assert [bot.provider_bot_id for bot in (await provider.list(limit=1)).bots] == [bot_id]
    await provider.leave(bot_id)
    await server.room.bots[bot_id].finished.wait()
    status = await provider.status(bot_id)
    assert (status.raw, status.state) == ("completed", BotState.ENDED)
    assert status.cause == "it was told to leave"
    await provider.leave(bot_id)
    tokens = (await provider.details(bot_id)).tokens
    assert tokens is not None
    assert tokens >= 0


async def test_the_practice_provider_needs_no_key_and_no_public_address(
    server: PracticeServer,
) -> None:
    provider = PracticeProvider(server.base_url)
    assert isinstance(provider, MeetingProvider)
    assert (provider.key, provider.needs_public_url) == ("practice", False)
    assert (await provider.check()).verdict is KeyVerdict.NOT_NEEDED
    bot_id = await provider.create(join())
    await provider.leave(bot_id)
    await provider.aclose()


@pytest.mark.parametrize(
    ("lobby", "word", "state", "code"),
    [
        ("refuse", "failed", BotState.FAILED, "BOT_NOT_ACCEPTED"),
        ("remove", "completed", BotState.ENDED, "BOT_REMOVED"),
        ("end", "completed", BotState.ENDED, "NO_ATTENDEES"),
    ],
)
async def test_each_end_is_told_in_v2s_words(
    server: PracticeServer,
    provider: MeetingBaasV2Provider,
    lobby: str,
    word: str,
    state: BotState,
    code: str,
) -> None:
    server.room.scenario.refuse = lobby == "refuse"
    bot_id = await provider.create(join())
    if lobby == "remove":
        await server.room.remove(bot_id)
    elif lobby == "end":
        server.room.end()
    await server.room.bots[bot_id].finished.wait()
    status = await provider.status(bot_id)
    assert (status.raw, status.state) == (word, state)
    assert (await provider.details(bot_id)).error_code == code
    assert (status.problem is not None) is (state is BotState.FAILED)


async def test_lobby_shows_as_waiting_room(
    server: PracticeServer, provider: MeetingBaasV2Provider
) -> None:
    server.room.scenario.lobby_s = None
    bot_id = await provider.create(join())
    assert (await provider.status(bot_id)).state is BotState.LOBBY
    with pytest.raises(ProviderError) as caught:
        await provider.send_chat(bot_id, "Let me in")
    assert caught.value.problem.reason is Reason.CONFLICT
    await provider.leave(bot_id)
    await server.room.bots[bot_id].finished.wait()
    assert server.room.bots[bot_id].joined is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "bot_name"),
        ([], "body"),
        ({**BODY, "bot_name": ""}, "bot_name"),
        ({**BODY, "bot_name": "x" * 256}, "bot_name"),
        ({**BODY, "bot_name": 7}, "bot_name"),
        ({**BODY, "meeting_url": "nonsense"}, "meeting_url"),
        ({**BODY, "meeting_url": "http://meet.google.com/abc-defg-hij"}, "meeting_url"),
        ({**BODY, "recording_mode": "hologram"}, "recording_mode"),
        ({**BODY, "entry_message": "x" * 501}, "entry_message"),
        ({**BODY, "extra": "text"}, "extra"),
        ({**BODY, "timeout_config": {"waiting_room_timeout": 5}}, "waiting_room_timeout"),
        ({**BODY, "streaming_config": {"audio_frequency": 8000}}, "audio_frequency"),
        ({**BODY, "streaming_config": {"audio_frequency": "16khz"}}, "audio_frequency"),
        ({**BODY, "streaming_config": {"input_url": "https://x/"}}, "input_url"),
        ({**BODY, "callback_config": {"secret": "x"}}, "url"),
    ],
)
async def test_a_wrong_body_is_refused_by_name(
    http: httpx.AsyncClient, body: Any, field: str
) -> None:
    response = await http.post("/v2/bots", json=body)
    assert response.status_code == 400
    assert field in response.json()["message"]
    assert response.json()["success"] is False


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
async def test_a_body_that_is_no_json_is_refused(http: httpx.AsyncClient, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    assert (await http.post("/v2/bots", content=content, headers=headers)).status_code == 400


async def test_the_body_real_clients_send_is_accepted(http: httpx.AsyncClient) -> None:
    bot_id = await create(
        http,
        meeting_url="https://meet.google.com/abc-defg-hij",
        streaming_enabled=True,
        streaming_config={"input_url": None, "output_url": None, "audio_frequency": None},
        recording_mode="speaker_view",
        bot_image=["https://example.com/a.png"],
        callback_enabled=False,
        transcription_enabled=False,
        allow_multiple_bots=True,
        something_newer={"x": 1},
    )
    details = (await http.get(f"/v2/bots/{bot_id}")).json()["data"]
    assert details["meeting_platform"] == "meet"


async def test_unknown_and_malformed_ids(http: httpx.AsyncClient) -> None:
    unknown = await http.get(f"/v2/bots/{uuid.uuid4()}/status")
    assert unknown.status_code == 404
    assert unknown.json()["code"] == "FST_ERR_BOT_NOT_FOUND_BY_ID"
    assert (await http.get("/v2/bots/not-a-uuid")).status_code == 400


async def test_leaving_twice_is_a_conflict(server: PracticeServer, http: httpx.AsyncClient) -> None:
    bot_id = await create(http)
    assert (await http.post(f"/v2/bots/{bot_id}/leave")).status_code == 200
    second = await http.post(f"/v2/bots/{bot_id}/leave")
    assert (second.status_code, second.json()["code"]) == (409, "FST_ERR_BOT_STATUS")


async def test_one_bot_is_enough_where_asked(http: httpx.AsyncClient) -> None:
    await create(http)
    await create(http)
    again = await http.post("/v2/bots", json={**BODY, "allow_multiple_bots": False})
    assert (again.status_code, again.json()["code"]) == (409, "FST_ERR_BOT_ALREADY_EXISTS")
    other = {**BODY, "meeting_url": "https://zoom.us/j/123456789", "allow_multiple_bots": False}
    assert (await http.post("/v2/bots", json=other)).status_code == 201


async def test_chat_can_be_off_and_has_limits(
    server: PracticeServer, http: httpx.AsyncClient
) -> None:
    bot_id = await create(http)
    path = f"/v2/bots/{bot_id}/send-chat-message"
    assert (await http.post(path, json={"message": ""})).status_code == 400
    assert (await http.post(path, json={"message": "x" * 501})).status_code == 400
    server.room.scenario.chat_disabled = True
    refused = await http.post(path, json={"message": "hello"})
    assert (refused.status_code, refused.json()["code"]) == (422, "FST_ERR_CHAT_DISABLED")


async def test_lists_pages_and_filters(server: PracticeServer, http: httpx.AsyncClient) -> None:
    ids = [await create(http, bot_name=f"Bot {n}", extra={"n": n}) for n in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await http.get("/v2/bots", params=params)).json()
        seen += [bot["bot_id"] for bot in page["data"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]
    assert page["prev_cursor"]

    async def found(**params: str) -> list[str]:
        reply = await http.get("/v2/bots", params=params)
        return [bot["bot_name"] for bot in reply.json()["data"]]

    assert await found(bot_name="bot 3") == ["Bot 3"]
    assert await found(extra="n:2") == ["Bot 2"]
    assert await found(status="completed,failed") == []
    assert await found(bot_id=ids[1]) == ["Bot 1"]
    assert await found(created_after="2999-01-01T00:00:00Z") == []
    await http.post(f"/v2/bots/{ids[0]}/leave")
    await server.room.bots[ids[0]].finished.wait()
    assert await found(ended_after="2000-01-01T00:00:00Z") == ["Bot 0"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=251", "limit=x", "cursor=%21", "created_after=soon"]
)
async def test_a_wrong_query_is_refused(http: httpx.AsyncClient, query: str) -> None:
    assert (await http.get(f"/v2/bots?{query}")).status_code == 400


async def test_slashes_and_bodies_where_none_belong_are_tolerated(http: httpx.AsyncClient) -> None:
    reply = await http.post("/v2/bots/", json=BODY)
    assert reply.status_code == 201
    bot_id = reply.json()["data"]["bot_id"]
    for path in ("/v2/bots/", f"/v2/bots/{bot_id}/", f"/v2/bots/{bot_id}/status/"):
        assert (await http.request("GET", path, json={})).status_code == 200
    assert (await http.post(f"/v2/bots/{bot_id}/leave/", json={})).status_code == 200


async def test_what_is_not_there_is_told_in_the_envelope(http: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/nothing"), ("DELETE", "/v2/bots")):
        reply = await http.request(method, path, json={}, extensions={"conforms": False})
        assert reply.status_code == 404
        assert set(reply.json()) == {
            "success",
            "error",
            "message",
            "code",
            "statusCode",
            "details",
        }


async def test_a_form_is_no_json(http: httpx.AsyncClient) -> None:
    reply = await http.post("/v2/bots", data={"a": "b"}, extensions={"conforms": False})
    assert (reply.status_code, reply.json()["code"]) == (415, "FST_ERR_CTP_INVALID_MEDIA_TYPE")


async def test_a_key_is_asked_for_where_one_is_set() -> None:
    server = PracticeServer(api_key="room-key")
    await server.start()
    try:
        for key, verdict in (
            ("room-key", KeyVerdict.FULL),
            ("wrong", KeyVerdict.REFUSED),
        ):
            provider = MeetingBaasV2Provider(key, server.base_url)
            assert (await provider.check()).verdict is verdict
            await provider.aclose()
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            assert (await client.get(f"{server.base_url}/v2/bots")).status_code == 401
    finally:
        await server.stop()


async def test_a_limit_can_be_asked_for_and_is_waited_out(
    server: PracticeServer, provider: MeetingBaasV2Provider
) -> None:
    bot_id = await provider.create(join())
    limit = Fault(429, "FST_ERR_TOO_MANY_REQUESTS", "Rate limit exceeded.", retry_after_s=1)
    server.room.scenario.faults.append(limit)
    assert (await provider.status(bot_id)).state is BotState.IN_CALL
    server.room.scenario.faults.append(
        Fault(429, "FST_ERR_DAILY_BOT_CAP_REACHED", "Daily bot cap has been reached", method="POST")
    )
    with pytest.raises(ProviderError) as caught:
        await provider.create(join())
    assert caught.value.problem.reason is Reason.QUOTA


@pytest.mark.parametrize(
    "fault", [Fault(200, body="<html>"), Fault(drop=True), Fault(201, body='{"success": true')]
)
async def test_broken_answers_are_problems_and_no_crash(
    server: PracticeServer, fault: Fault
) -> None:
    provider = PracticeProvider(server.base_url)
    server.room.scenario.faults.append(fault)
    with pytest.raises(ProviderError) as caught:
        await provider.create(join())
    assert caught.value.problem.next_step
    await provider.aclose()


async def test_a_taken_port_is_told_in_words(server: PracticeServer) -> None:
    port = int(server.base_url.rpartition(":")[2])
    with pytest.raises(GatewayError, match=f"port {port}"):
        await PracticeServer().start(port=port)


async def test_starting_and_stopping_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    server = PracticeServer()
    await server.start()
    await server.start()
    provider = PracticeProvider(server.base_url)
    await provider.create(join())
    await provider.aclose()
    await server.stop()
    await server.stop()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
