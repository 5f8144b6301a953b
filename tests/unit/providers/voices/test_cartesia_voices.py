"""Cartesia's list of voices and its samples, at the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from speakdesk.domain.errors import Reason, SpeechError, Stage
from speakdesk.domain.voice import VoiceEntry
from speakdesk.providers.voices.cartesia import CartesiaVoices, http_address
from tests.standins.base import Fault
from tests.standins.cartesia import CartesiaStandIn

KEY = "cartesia-test-key-123456"


def voice(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"voice-{number}",
        "name": f"Voice {number}",
        "description": "Calm and warm.",
        "language": "en",
        "gender": "feminine",
        "is_owner": False,
        "is_public": True,
        "created_at": "2026-01-02T03:04:05Z",
        **more,
    }


@pytest.fixture
async def vendor() -> AsyncIterator[CartesiaStandIn]:
    async with CartesiaStandIn(voices=[voice(number) for number in range(5)], page=2) as standin:
        yield standin


@pytest.fixture
async def client(vendor: CartesiaStandIn) -> AsyncIterator[CartesiaVoices]:
    client = CartesiaVoices(KEY, url=vendor.tts_url, sleep=no_wait)
    yield client
    await client.aclose()


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


async def test_follows_the_pages_to_the_end(
    vendor: CartesiaStandIn, client: CartesiaVoices
) -> None:
    seen: list[int] = []
    voices = await client.voices(seen.append)
    assert [entry.id for entry in voices] == [f"voice-{number}" for number in range(5)]
    assert seen == [2, 4, 5]
    asked = [request.query.get("starting_after") for request in vendor.requests]
    assert asked == [None, "voice-1", "voice-3"]
    assert vendor.requests[0].headers["X-API-Key"] == KEY


async def test_reads_what_a_voice_says_of_itself(
    vendor: CartesiaStandIn, client: CartesiaVoices
) -> None:
    vendor.voices = [
        voice(1, name="  Marta\n ", language="PT_BR", gender="masculine", is_owner=True),
        voice(2, gender=None, language=None, description=None, name=None),
        {"name": "nobody can name me"},
        "not an object",
    ]
    vendor.page = 10
    voices = await client.voices()
    assert voices == (
        VoiceEntry("cartesia", "voice-1", "Marta", "pt-br", "MALE", "Calm and warm.", True),
        VoiceEntry("cartesia", "voice-2", "voice-2"),
    )


@pytest.mark.parametrize(
    ("fault", "reason", "words"),
    [
        (Fault.REFUSED_KEY, Reason.AUTHENTICATION, "Invalid API key"),
        (Fault.FORBIDDEN, Reason.AUTHENTICATION, "may not use"),
        (Fault.QUOTA, Reason.QUOTA, "run out of credits"),
        (Fault.RATE_LIMIT, Reason.RATE_LIMIT, "Too many"),
        (Fault.SERVER_ERROR, Reason.UNAVAILABLE, "Service unavailable"),
        (Fault.GARBAGE, Reason.PROTOCOL, ""),
        (Fault.DROP, Reason.CONNECTIVITY, ""),
    ],
)
async def test_tells_each_trouble_in_words(
    vendor: CartesiaStandIn, client: CartesiaVoices, fault: Fault, reason: Reason, words: str
) -> None:
    vendor.fault = fault
    with pytest.raises(SpeechError) as caught:
        await client.voices()
    problem = caught.value.problem
    assert (problem.stage, problem.reason) == (Stage.SPEAK, reason)
    assert "Cartesia" in problem.sentence
    assert problem.next_step
    assert words in problem.vendor_words
    assert KEY not in str(problem)


@pytest.mark.parametrize(("fault", "asked"), [(Fault.SERVER_ERROR, 3), (Fault.REFUSED_KEY, 1)])
async def test_asks_again_only_where_the_trouble_may_pass(
    vendor: CartesiaStandIn, client: CartesiaVoices, fault: Fault, asked: int
) -> None:
    vendor.fault = fault
    with pytest.raises(SpeechError):
        await client.voices()
    assert len(vendor.requests) == asked


async def test_a_long_wait_the_vendor_asks_for_is_left_to_the_person(
    vendor: CartesiaStandIn, client: CartesiaVoices
) -> None:
    vendor.fault, vendor.retry_after_s = Fault.RATE_LIMIT, 120
    with pytest.raises(SpeechError) as caught:
        await client.voices()
    assert caught.value.problem.retry_after_s == 120
    assert len(vendor.requests) == 1


async def test_the_same_page_for_ever_is_an_odd_answer(
    vendor: CartesiaStandIn, client: CartesiaVoices
) -> None:
    vendor.repeats_pages = True
    with pytest.raises(SpeechError, match="again and again"):
        await client.voices()


async def test_speaks_a_sample(vendor: CartesiaStandIn, client: CartesiaVoices) -> None:
    sample = await client.sample("voice-1", "Hello, I am Ada.", "en")
    assert (sample.rate_hz, sample.seconds) == (24000, pytest.approx(0.16))
    body = vendor.requests[-1].body
    assert body["voice"] == {"mode": "id", "id": "voice-1"}
    assert (body["language"], body["model_id"]) == ("en", "sonic-3.6")


async def test_a_voice_that_is_gone_is_said_by_the_vendor(client: CartesiaVoices) -> None:
    with pytest.raises(SpeechError) as caught:
        await client.sample("voice-99", "Hello.", "en")
    assert caught.value.problem.reason is Reason.NOT_FOUND
    assert "voice-99 does not exist" in caught.value.problem.vendor_words


async def test_a_page_in_place_of_sound_is_no_sound(
    vendor: CartesiaStandIn, client: CartesiaVoices
) -> None:
    vendor.fault = Fault.GARBAGE
    with pytest.raises(SpeechError, match="text in place of sound"):
        await client.sample("voice-1", "Hello.", "en")


@pytest.mark.parametrize("key", ["", "  ", "schlüssel-mit-umlaut", "line\nbreak"])
def test_a_key_that_cannot_be_sent_is_told_at_once(key: str) -> None:
    with pytest.raises(SpeechError, match="key for Cartesia"):
        CartesiaVoices(key)


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("", "https://api.cartesia.ai"),
        ("wss://api.cartesia.ai/tts/websocket", "https://api.cartesia.ai"),
        ("ws://127.0.0.1:9/tts/websocket", "http://127.0.0.1:9"),
        ("https://voices.example/proxy/", "https://voices.example/proxy"),
    ],
)
def test_finds_the_http_address(told: str, address: str) -> None:
    assert http_address(told) == address
