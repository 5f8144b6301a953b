"""The MeetingBaas stand-in against the specification, and our client through a bad day with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from speakdesk.domain.bot import BotState
from speakdesk.domain.calendar import CalendarLogin
from speakdesk.domain.errors import ProviderError, Reason
from speakdesk.domain.join import CallbackOptions, JoinOptions
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.base import EventBotRequest, JoinRequest, KeyVerdict, MeetingProvider
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.providers.meetingbaas.v1.client import MeetingBaasV1Provider
from tests.conformance.meeting_end import meeting_end
from tests.conformance.openapi import V1, V2
from tests.standins.meetingbaas import NO_SUCH_HOST, MeetingBaasCloud, Trouble
from tests.standins.meetingbaas_bot import HUGE, Manner, tone
from tests.standins.meetingbaas_calendar import GOOD_TOKEN

pytestmark = pytest.mark.skipif(not V2.path.exists(), reason="the specifications are not here")

MEET = parse_link("https://meet.google.com/abc-defg-hij")
REQUEST = JoinRequest("Ada", MEET, "", extra={"speakdesk_bot": "b1"})
QUICK = 0.02


class Waits:
    """The waits our client wanted, none of which are sat out."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
async def cloud() -> AsyncIterator[MeetingBaasCloud]:
    async with MeetingBaasCloud(manner=Manner(pace=QUICK)) as cloud:
        yield cloud


@pytest.fixture
def waits() -> Waits:
    return Waits()


def client_of(spec: Any, timeout_s: float = 20.0) -> httpx.AsyncClient:
    async def check_request(request: httpx.Request) -> None:
        spec.assert_request_conforms(request)

    async def check_reply(response: httpx.Response) -> None:
        await response.aread()
        if response.status_code < 300:
            spec.assert_reply_conforms(response)

    hooks: dict[str, list[Any]] = {"request": [check_request], "response": [check_reply]}
    return httpx.AsyncClient(trust_env=False, event_hooks=hooks, timeout=timeout_s)


@pytest.fixture
async def v2(cloud: MeetingBaasCloud, waits: Waits) -> AsyncIterator[MeetingBaasV2Provider]:
    async with client_of(V2) as http:
        yield MeetingBaasV2Provider("key", cloud.url, http, sleep=waits)


@pytest.fixture
async def v1(cloud: MeetingBaasCloud, waits: Waits) -> AsyncIterator[MeetingBaasV1Provider]:
    async with client_of(V1) as http:
        yield MeetingBaasV1Provider("key", cloud.url, http, sleep=waits)


@pytest.fixture
async def bare(cloud: MeetingBaasCloud, waits: Waits) -> AsyncIterator[MeetingBaasV2Provider]:
    """A client whose answers are not held against the specification."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        yield MeetingBaasV2Provider("key", cloud.url, http, sleep=waits)


async def test_a_bot_of_v2_lives_its_life(
    cloud: MeetingBaasCloud, v2: MeetingBaasV2Provider
) -> None:
    cloud.manner = Manner(lobby=True, pace=QUICK)
    cloud.files.content = {"video": b"film", "transcription": b"{}"}
    bot_id = await v2.create(REQUEST)
    bot = cloud.bots[bot_id]
    await cloud.until(lambda: bot.status == "in_waiting_room")
    status = await v2.status(bot_id)
    assert (status.state, status.next_step) == (BotState.LOBBY, "Ask the host to let it in.")
    bot.admit()
    await cloud.until(lambda: bot.status == "in_call_recording")
    await v2.pause(bot_id)
    assert (await v2.status(bot_id)).raw == "recording_paused"
    with pytest.raises(ProviderError) as caught:
        await v2.pause(bot_id)
    assert caught.value.problem.reason is Reason.CONFLICT
    await v2.resume(bot_id)
    await v2.send_chat(bot_id, "Good morning")
    assert bot.chat == ["Good morning"]
    await v2.bots.update_extra(bot_id, {"room": "blue"})
    assert (await v2.details(bot_id)).extra["room"] == "blue"
    await v2.leave(bot_id)
    ended = await v2.status(bot_id)
    assert (ended.state, ended.cause) == (BotState.ENDED, "it was told to leave")
    await v2.leave(bot_id)
    after = await v2.aftermath(bot_id)
    assert after.is_complete
    assert [a.kind for a in after.artifacts] == ["video", "transcript"]
    assert after.cost is not None
    assert after.cost.total == 0.6
    await v2.bots.screenshots(bot_id)
    await v2.bots.resend_webhook(bot_id)
    await v2.bots.delete_data(bot_id)
    after = await v2.aftermath(bot_id)
    assert (after.is_deleted, after.artifacts) == (True, ())
    assert cloud.live_bots == []


async def test_a_bot_of_v1_lives_its_life(
    cloud: MeetingBaasCloud, v1: MeetingBaasV1Provider
) -> None:
    assert isinstance(v1, MeetingProvider)
    first, second = await v1.create(REQUEST), await v1.create(REQUEST)
    assert first != second
    bot = cloud.bots[first]
    await cloud.until(lambda: bot.status == "in_call_recording")
    assert (await v1.status(first)).state is BotState.IN_CALL
    assert [listed.provider_bot_id for listed in (await v1.list()).items] == [second, first]
    await v1.leave(first)
    await v1.leave(first)
    assert (await v1.aftermath(first)).raw == "ended"
    assert await v1.delete_data(first) == "deleted"
    assert await v1.delete_data(first) == "alreadyDeleted"
    with pytest.raises(ProviderError) as caught:
        await v1.send_chat(second, "Hello")
    assert caught.value.problem.reason is Reason.UNSUPPORTED


@pytest.mark.parametrize("has_slashes", [True, False])
async def test_v1_finds_the_form_of_address_the_service_takes(
    cloud: MeetingBaasCloud, v1: MeetingBaasV1Provider, has_slashes: bool
) -> None:
    cloud.has_slashes = has_slashes
    await v1.create(REQUEST)
    await v1.create(REQUEST)
    assert len(cloud.bots) == 2
    assert [seen.path for seen in cloud.requests][-1] == ("/bots/" if has_slashes else "/bots")
    assert len(cloud.requests) == (2 if has_slashes else 3)


async def test_a_single_bot_of_v1_is_refused_a_second(
    cloud: MeetingBaasCloud, v1: MeetingBaasV1Provider
) -> None:
    alone = JoinRequest("Ada", MEET, "", options=JoinOptions(allow_multiple_bots=False))
    await v1.create(alone)
    with pytest.raises(ProviderError) as caught:
        await v1.create(alone)
    assert caught.value.problem.reason is Reason.CONFLICT


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Trouble.REFUSED_KEY, Reason.AUTHENTICATION),
        (Trouble.FORBIDDEN_KEY, Reason.AUTHENTICATION),
        (Trouble.NO_TOKENS, Reason.QUOTA),
        (Trouble.ALREADY_EXISTS, Reason.CONFLICT),
        (Trouble.WRONG_STATE, Reason.CONFLICT),
        (Trouble.UNPROCESSABLE, Reason.REFUSED),
        (Trouble.TOO_FAST, Reason.RATE_LIMIT),
        (Trouble.TOO_FAST_SILENT, Reason.RATE_LIMIT),
        (Trouble.DAILY_CAP, Reason.QUOTA),
        (Trouble.SERVER_ERROR, Reason.UNAVAILABLE),
        (Trouble.DROP, Reason.CONNECTIVITY),
        (Trouble.NOT_JSON, Reason.PROTOCOL),
        (Trouble.TRUNCATED, Reason.PROTOCOL),
    ],
)
async def test_a_refused_launch_says_why_and_leaves_no_bot(
    cloud: MeetingBaasCloud, bare: MeetingBaasV2Provider, trouble: Trouble, reason: Reason
) -> None:
    cloud.trouble = trouble
    with pytest.raises(ProviderError) as caught:
        await bare.create(REQUEST)
    problem = caught.value.problem
    assert problem.reason is reason
    assert problem.sentence.endswith(".")
    assert problem.next_step.endswith(".")
    assert cloud.bots == {}


@pytest.mark.parametrize("trouble", [Trouble.TOO_FAST, Trouble.TOO_FAST_SILENT])
async def test_a_launch_that_came_too_fast_is_sent_again_and_makes_one_bot(
    cloud: MeetingBaasCloud, bare: MeetingBaasV2Provider, waits: Waits, trouble: Trouble
) -> None:
    cloud.trouble, cloud.troubled, cloud.retry_after_s = trouble, 1, 3
    bot_id = await bare.create(REQUEST)
    assert list(cloud.bots) == [bot_id]
    assert len(waits.seconds) == 1
    assert (waits.seconds[0] == 3) is (trouble is Trouble.TOO_FAST)


@pytest.mark.parametrize("trouble", [Trouble.WITHOUT_ID, Trouble.LOST])
async def test_a_bot_whose_answer_was_lost_is_found_and_not_made_again(
    cloud: MeetingBaasCloud, bare: MeetingBaasV2Provider, trouble: Trouble
) -> None:
    cloud.trouble, cloud.troubled = trouble, 1
    bot_id = await bare.create(REQUEST)
    assert list(cloud.bots) == [bot_id]
    await bare.leave(bot_id)
    assert cloud.live_bots == []


@pytest.mark.parametrize("trouble", [Trouble.WITHOUT_ID, Trouble.LOST])
async def test_v1_finds_a_lost_bot_as_well(
    cloud: MeetingBaasCloud, waits: Waits, trouble: Trouble
) -> None:
    cloud.trouble, cloud.troubled = trouble, 1
    async with httpx.AsyncClient(trust_env=False) as http:
        provider = MeetingBaasV1Provider("key", cloud.url, http, sleep=waits)
        assert [await provider.create(REQUEST)] == list(cloud.bots)


async def test_a_failed_launch_says_when_no_bot_came_of_it(
    cloud: MeetingBaasCloud, bare: MeetingBaasV2Provider, waits: Waits
) -> None:
    cloud.trouble, cloud.troubled = Trouble.SERVER_ERROR, 1
    with pytest.raises(ProviderError, match="No bot came of it"):
        await bare.create(REQUEST)
    assert [seen.method for seen in cloud.requests] == ["POST", "GET", "GET"]
    assert len(waits.seconds) == 1


async def test_a_lost_answer_that_cannot_be_looked_for_says_where_to_look(
    cloud: MeetingBaasCloud, bare: MeetingBaasV2Provider
) -> None:
    cloud.trouble = Trouble.DROP
    with pytest.raises(ProviderError, match="Look in the MeetingBaas dashboard"):
        await bare.create(REQUEST)


async def test_a_scheduled_bot_whose_answer_was_lost_is_found(
    cloud: MeetingBaasCloud, bare: MeetingBaasV2Provider
) -> None:
    cloud.trouble, cloud.troubled = Trouble.LOST, 1
    bot_id = await bare.schedule(REQUEST, datetime.now(UTC) + timedelta(hours=1))
    assert list(cloud.scheduled) == [bot_id]


async def test_a_service_that_says_nothing_is_given_up(
    cloud: MeetingBaasCloud, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speakdesk.providers.meetingbaas.http.TIMEOUT", httpx.Timeout(0.2))
    cloud.trouble = Trouble.SILENT
    async with httpx.AsyncClient(trust_env=False) as http:
        provider = MeetingBaasV2Provider("key", cloud.url, http, sleep=waits)
        with pytest.raises(ProviderError) as caught:
            await provider.create(REQUEST)
    assert caught.value.problem.reason is Reason.TIMEOUT
    assert "dashboard" in caught.value.problem.next_step


@pytest.mark.parametrize(("where", "said"), [("dns", "name"), ("tls", "secure")])
async def test_a_name_or_a_certificate_that_fails_is_told_as_that(
    cloud: MeetingBaasCloud, waits: Waits, where: str, said: str
) -> None:
    base = NO_SUCH_HOST if where == "dns" else cloud.tls_url
    async with httpx.AsyncClient(trust_env=False) as http:
        provider = MeetingBaasV2Provider("key", base, http, sleep=waits)
        with pytest.raises(ProviderError) as caught:
            await provider.create(REQUEST)
    assert caught.value.problem.reason is Reason.CONNECTIVITY
    assert said in caught.value.problem.sentence
    assert "dashboard" not in caught.value.problem.next_step


@pytest.mark.parametrize(
    ("trouble", "verdict"),
    [
        (Trouble.NONE, KeyVerdict.FULL),
        (Trouble.SENDING_ONLY, KeyVerdict.SENDING_ONLY),
        (Trouble.REFUSED_KEY, KeyVerdict.REFUSED),
        (Trouble.FORBIDDEN_KEY, KeyVerdict.REFUSED),
        (Trouble.SERVER_ERROR, KeyVerdict.UNKNOWN),
    ],
)
@pytest.mark.parametrize("kind", [MeetingBaasV2Provider, MeetingBaasV1Provider])
async def test_each_kind_of_key_is_told_apart(
    cloud: MeetingBaasCloud,
    waits: Waits,
    kind: type[MeetingBaasV2Provider] | type[MeetingBaasV1Provider],
    trouble: Trouble,
    verdict: KeyVerdict,
) -> None:
    cloud.trouble = trouble
    async with httpx.AsyncClient(trust_env=False) as http:
        provider = kind("key", cloud.url, http, sleep=waits)
        assert (await provider.check()).verdict is verdict
    assert cloud.bots == {}


async def test_with_a_sending_key_a_bot_goes_and_the_rest_says_why_not(
    cloud: MeetingBaasCloud, bare: MeetingBaasV2Provider
) -> None:
    cloud.trouble = Trouble.SENDING_ONLY
    bot_id = await bare.create(REQUEST)
    for ask in (bare.status(bot_id), bare.leave(bot_id)):
        with pytest.raises(ProviderError, match="Sending key"):
            await ask


async def test_scheduled_bots_are_changed_and_cancelled_until_the_lock(
    cloud: MeetingBaasCloud, v2: MeetingBaasV2Provider
) -> None:
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    bot_id = await v2.schedule(REQUEST, in_an_hour)
    await v2.scheduled.change(bot_id, join_at=in_an_hour + timedelta(hours=1))
    (waiting,) = await v2.scheduled_bots()
    assert waiting.join_at is not None
    assert waiting.join_at - in_an_hour == pytest.approx(timedelta(hours=1), abs=timedelta(0.001))
    await v2.scheduled.change(bot_id, join_at=datetime.now(UTC) + timedelta(minutes=3))
    with pytest.raises(ProviderError, match="four minutes"):
        await v2.scheduled.change(bot_id, join_at=in_an_hour)
    await v2.cancel_scheduled(bot_id)
    assert (await v2.scheduled.get(bot_id)).status == "cancelled"
    await v2.cancel_scheduled(bot_id)
    assert await v2.scheduled_bots() == ()


async def test_a_calendar_is_connected_and_a_bot_sent_to_its_events(
    cloud: MeetingBaasCloud, v2: MeetingBaasV2Provider
) -> None:
    wrong = CalendarLogin("google", "client", "secret", "old-token")
    with pytest.raises(ProviderError, match="Google did not accept the sign-in") as caught:
        await v2.calendars.choices(wrong)
    assert "old-token" not in str(caught.value.problem)
    login = CalendarLogin("google", "client", "secret", GOOD_TOKEN)
    (choice,) = await v2.calendars.choices(login)
    connection = await v2.calendars.connect(login, choice.id)
    calendar = connection.calendar_id
    first = cloud.calendars.add_event(calendar, "Stand-up", MEET.url, "s1" * 4)
    cloud.calendars.connections[calendar]["status"] = "active"
    series = "123e4567-e89b-42d3-a456-426614174000"
    first["series_id"] = series
    cloud.calendars.add_event(calendar, "Stand-up", None, series)
    assert [event.title for event in (await v2.calendars.events(calendar)).items] == [
        "Stand-up",
        "Stand-up",
    ]
    assert (await v2.calendars.event(calendar, first["event_id"])).title == "Stand-up"
    sent = await v2.calendars.send_bot(
        calendar, series, EventBotRequest("Ada"), all_occurrences=True
    )
    assert sent.event_ids == (first["event_id"],)
    ((_, problem),) = sent.failures
    assert "no meeting URL" in problem.vendor_words
    (found,) = (await v2.calendars.series(calendar)).items
    assert [event.has_bot for event in found.events] == [True, False]
    taken = await v2.calendars.cancel_bot(calendar, series, event_id=first["event_id"])
    assert taken.event_ids == (first["event_id"],)
    await v2.calendars.sync(calendar)
    await v2.calendars.disconnect(calendar)
    assert (await v2.calendars.page()).items == ()


async def test_a_batch_says_of_each_what_became_of_it(
    cloud: MeetingBaasCloud, bare: MeetingBaasV2Provider
) -> None:
    nowhere = JoinRequest("Marco", parse_link("practice://room"), "")
    result = await bare.bots.create_batch([REQUEST, nowhere])
    assert list(result.bot_ids) == [0]
    assert result.failures[1].reason is Reason.BAD_INPUT


async def test_a_well_mannered_bot_carries_sound_both_ways(cloud: MeetingBaasCloud) -> None:
    async with meeting_end() as end:
        bot = await dialled(cloud, Manner(pace=QUICK), end.url)
        bot.say(tone(0.2, 16000))
        call = await end.until(lambda: end.calls and end.calls[0])
        await end.until(lambda: any(any(sound) for sound in call.sounds))
        await call.connection.send(b"\x01\x00" * 160)
        await cloud.until(lambda: len(bot.received) == 320)
        assert call.handshakes[0]["bot_id"] == bot.bot_id
        assert {person["name"] for person in call.rosters[0]} == {"Priya", "Ada"}
        assert {len(sound) for sound in call.sounds} == {3200}
        await bot.leave()
        await cloud.until(lambda: bot.closings)


@pytest.mark.parametrize(
    ("manner", "calls"),
    [(Manner(dials=0, pace=QUICK), 0), (Manner(dials=2, pace=QUICK), 2)],
)
async def test_a_bot_dials_as_often_as_told(
    cloud: MeetingBaasCloud, manner: Manner, calls: int
) -> None:
    async with meeting_end() as end:
        bot = await dialled(cloud, manner, end.url)
        await cloud.until(lambda: bot.status == "in_call_recording")
        await end.until(lambda: len(end.calls) == calls)
        await bot.leave()
        await cloud.until(lambda: len(bot.closings) == calls)


async def test_a_bot_can_dial_after_it_left(cloud: MeetingBaasCloud) -> None:
    async with meeting_end() as end:
        bot = await dialled(cloud, Manner(dials_after_leave=True, pace=QUICK), end.url)
        await end.until(lambda: end.calls)
        await bot.leave()
        await end.until(lambda: len(end.calls) == 2)


async def test_a_bot_can_hang_up_and_dial_again_all_the_time(cloud: MeetingBaasCloud) -> None:
    async with meeting_end() as end:
        bot = await dialled(cloud, Manner(reconnect_every_s=1.0, pace=QUICK), end.url)
        await end.until(lambda: len(end.calls) >= 3)
        await cloud.until(lambda: bot.dialled >= 3)


async def test_a_bot_can_send_odd_bytes_and_ten_megabytes(cloud: MeetingBaasCloud) -> None:
    async with meeting_end(largest_message=None) as end:
        odd = await dialled(cloud, Manner(odd_bytes=True, pace=QUICK), end.url)
        await end.until(lambda: end.calls and end.calls[0].sounds)
        assert len(end.calls[0].sounds[0]) % 2 == 1
        await odd.leave()
        await dialled(cloud, Manner(huge_frame=True, pace=QUICK), end.url)
        await end.until(lambda: any(len(m) == HUGE for call in end.calls for m in call.sounds))


async def test_a_meeting_can_end_in_the_middle_of_a_sentence(cloud: MeetingBaasCloud) -> None:
    async with meeting_end() as end:
        bot = await dialled(cloud, Manner(ends_after_frames=3, pace=QUICK), end.url)
        bot.say(tone(5.0, 16000))
        await cloud.until(lambda: bot.is_over and bot.closings)
        assert bot.frames_sent == 3
        assert bot.history[-2:] == ["call_ended", "completed"]


async def test_the_stand_in_reports_to_a_callback_with_its_secret(
    cloud: MeetingBaasCloud, v2: MeetingBaasV2Provider
) -> None:
    heard: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
        body = await reader.readexactly(int(headers["Content-Length"]))
        await heard.put(({name.lower(): value for name, value in headers.items()}, body))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        callback = CallbackOptions(f"http://127.0.0.1:{port}/hook", "shared-secret")
        request = JoinRequest("Ada", MEET, "", options=JoinOptions(callback=callback))
        bot_id = await v2.create(request)
        await cloud.until(lambda: cloud.bots[bot_id].status == "in_call_recording")
        await v2.leave(bot_id)
        headers, body = await heard.get()
    assert headers["x-mb-secret"] == "shared-secret"
    schema = V2.content["components"]["schemas"]["CallbackCompleted"]
    V2.validate(schema, httpx.Response(200, content=body).json())


async def dialled(cloud: MeetingBaasCloud, manner: Manner, url: str) -> Any:
    """A bot sent through the client to dial `url`."""
    cloud.manner = manner
    async with httpx.AsyncClient(trust_env=False) as http:
        provider = MeetingBaasV2Provider("key", cloud.url, http)
        bot_id = await provider.create(JoinRequest("Ada", MEET, f"{url}/ws/b/secret", 16000))
    return cloud.bots[bot_id]
