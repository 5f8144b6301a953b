"""The bounds of a conversation with a vendor, whoever it is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from aiohttp import web

from speakdesk.domain.errors import Reason, SpeechError, Stage
from speakdesk.providers.vendor import Vendor, VendorLine
from tests.standins.base import Fault, Seen, StandIn

VENDOR = Vendor("Somebody", "SOME_KEY", Stage.SPEAK, "nothing is heard", SpeechError)
KEY = "some-secret-key-123456"


@dataclass
class Anybody(StandIn):
    answer: str = "{}"
    status: int = 200
    location: str = ""

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/thing", self.http(self._thing))

    def refusal(self, fault: Fault) -> web.Response:
        return web.Response(status=500)

    async def _thing(self, request: web.Request, seen: Seen) -> web.Response:
        headers = {"location": self.location} if self.location else None
        return web.Response(text=self.answer, status=self.status, headers=headers)


def line(vendor: StandIn) -> VendorLine:
    return VendorLine(VENDOR, vendor.url, {"x-key": KEY}, secrets=(KEY,))


async def test_silence_is_bounded() -> None:
    async with Anybody(fault=Fault.SILENT) as vendor:
        conversation = line(vendor)
        with pytest.raises(SpeechError, match="did not answer in time") as caught:
            await conversation.json("GET", "/thing", longest_s=0.05)
        await conversation.aclose()
    assert caught.value.problem.reason is Reason.TIMEOUT
    assert not caught.value.problem.is_permanent


async def test_a_redirect_is_not_followed() -> None:
    async with Anybody(status=302, location="https://elsewhere.example/") as vendor:
        conversation = line(vendor)
        with pytest.raises(SpeechError, match="answered with another address"):
            await conversation.json("GET", "/thing")
        await conversation.aclose()
    assert len(vendor.requests) == 1


async def test_an_endless_answer_is_cut() -> None:
    async with Anybody(answer="x" * 5000) as vendor:
        conversation = line(vendor)
        with pytest.raises(SpeechError, match="more than fits"):
            await conversation.send("GET", "/thing", most_bytes=1000)
        await conversation.aclose()


@pytest.mark.parametrize("answer", ["[1, 2]", "null", '"text"', "", "{", "[" * 100_000])
async def test_only_a_json_object_is_an_answer(answer: str) -> None:
    async with Anybody(answer=answer) as vendor:
        conversation = line(vendor)
        with pytest.raises(SpeechError) as caught:
            await conversation.json("GET", "/thing")
        await conversation.aclose()
    assert caught.value.problem.reason is Reason.PROTOCOL


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('{"message": "too loud"}', "too loud"),
        ('{"error": {"message": "too soft"}}', "too soft"),
        ('{"detail": [{"message": "one"}, {"message": "two"}]}', "one; two"),
        ("plain words", "HTTP 400 plain words"),
        (f'{{"message": "your key {KEY} is bad"}}', "your key … is bad"),
    ],
)
async def test_the_vendors_words_come_through_without_the_key(answer: str, words: str) -> None:
    async with Anybody(answer=answer, status=400) as vendor:
        conversation = line(vendor)
        with pytest.raises(SpeechError) as caught:
            await conversation.json("GET", "/thing")
        await conversation.aclose()
    assert caught.value.problem.vendor_words == words
    assert caught.value.problem.reason is Reason.BAD_INPUT


async def test_a_server_that_is_not_there_is_told() -> None:
    async with Anybody() as vendor:
        conversation = line(vendor)
    with pytest.raises(SpeechError, match="Somebody cannot be reached") as caught:
        await conversation.json("GET", "/thing")
    await conversation.aclose()
    assert caught.value.problem.stage is Stage.SPEAK
