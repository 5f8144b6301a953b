"""Deepgram through Pipecat's own class, against a stand-in for its wire."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

import pytest
from pipecat.frames.frames import InterimTranscriptionFrame, TranscriptionFrame

from speakdesk.domain.errors import Reason, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice
from speakdesk.pipeline.speech import make_stt
from tests.standins.base import Fault
from tests.standins.deepgram import DeepgramStandIn
from tests.standins.live import HURRY, RATE_IN_HZ, LivePipeline

KEY = "deepgram-test-key-123456"
CHOICE = ServiceChoice(Role.STT, "deepgram")


@pytest.fixture
async def vendor() -> AsyncIterator[DeepgramStandIn]:
    async with DeepgramStandIn() as standin:
        yield standin


def ears(vendor: DeepgramStandIn, language: str = "en") -> LivePipeline:
    keys = Keys({"DEEPGRAM_API_KEY": KEY, "DEEPGRAM_BASE_URL": vendor.url})
    persona = Persona("ada", "Ada", metadata={"language_code": language})
    service = make_stt(CHOICE, keys, persona, RATE_IN_HZ, HURRY)
    return LivePipeline(service, CHOICE, keys=keys)


async def test_hears_what_is_said_with_a_partial_line_first(vendor: DeepgramStandIn) -> None:
    vendor.transcripts.append("what is the plan")
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        await live.speak()
        assert (await live.wait(InterimTranscriptionFrame)).text == "what"
        final = await live.wait(TranscriptionFrame)
        assert final.text == "what is the plan"
        assert final.finalized
        assert live.problems == []
    assert vendor.audio_bytes == 16000 * 2 * 0.4
    await vendor.until(lambda: vendor.connections == 0)


@pytest.mark.parametrize(
    ("language", "sent"), [("de-DE", "de"), ("de-CH", "de-CH"), ("en-GB", "en-GB"), ("fr", "fr")]
)
async def test_language_and_rate_reach_the_vendor(
    vendor: DeepgramStandIn, language: str, sent: str
) -> None:
    async with ears(vendor, language):
        await vendor.until(lambda: vendor.connections == 1)
    query = vendor.requests[0].query
    assert (query["language"], query["sample_rate"], query["encoding"]) == (
        sent,
        "16000",
        "linear16",
    )
    assert vendor.requests[0].headers["Authorization"] == f"Token {KEY}"


@pytest.mark.parametrize(
    ("fault", "reason", "words"),
    [
        (Fault.REFUSED_KEY, Reason.AUTHENTICATION, "Invalid credentials."),
        (Fault.FORBIDDEN, Reason.AUTHENTICATION, "Project does not have access"),
        (Fault.QUOTA, Reason.QUOTA, "not have enough credits"),
        (Fault.RATE_LIMIT, Reason.RATE_LIMIT, "Too many requests"),
        (Fault.SERVER_ERROR, Reason.UNAVAILABLE, "temporarily unavailable"),
    ],
)
async def test_a_refusal_is_a_problem_with_the_vendors_words_and_the_next_turn_is_heard_after(
    vendor: DeepgramStandIn, fault: Fault, reason: Reason, words: str
) -> None:
    vendor.fault = fault
    async with ears(vendor) as live:
        problem = await live.problem()
        assert (problem.stage, problem.reason) == (Stage.LISTEN, reason)
        assert words in problem.vendor_words
        assert KEY not in str(problem)
        assert problem.sentence.startswith(("Deepgram", "The account at Deepgram"))
        assert problem.next_step
        vendor.fault = Fault.NONE
        vendor.transcripts.append("can you hear me now")
        await live.speak()
        await vendor.until(lambda: vendor.audio_bytes > 0)
        assert (await live.wait(TranscriptionFrame)).text == "can you hear me now"
        assert (await live.recovery()).reason is reason


async def test_a_dropped_socket_is_made_anew_and_the_next_turn_is_heard(
    vendor: DeepgramStandIn,
) -> None:
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        vendor.drop()
        assert (await live.problem()).reason is Reason.CONNECTIVITY
        await vendor.until(lambda: vendor.connections == 1 and len(vendor.requests) == 2)
        vendor.transcripts.append("still there")
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "still there"
        await live.recovery()


async def test_a_vendor_that_takes_audio_and_says_nothing_is_a_problem_and_may_come_back(
    vendor: DeepgramStandIn,
) -> None:
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        vendor.fault = Fault.SILENT
        await live.speak()
        problem = await live.problem()
        assert (problem.reason, problem.is_permanent) == (Reason.TIMEOUT, False)
        assert "no transcript within 0.6 seconds" in problem.sentence
        await vendor.until(lambda: len(vendor.requests) == 2)
        vendor.fault = Fault.NONE
        vendor.transcripts.append("hello again")
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "hello again"
        await live.recovery()


async def test_a_handshake_without_an_answer_does_not_hold_the_bot_up(
    vendor: DeepgramStandIn,
) -> None:
    vendor.fault, vendor.silent_handshake = Fault.SILENT, True
    async with ears(vendor) as live:
        assert (await live.problem()).reason is Reason.TIMEOUT
        vendor.fault = Fault.NONE
        vendor.transcripts = deque(["finally"])
        await vendor.until(lambda: vendor.connections == 1)
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "finally"


async def test_a_cough_without_words_is_no_problem(vendor: DeepgramStandIn) -> None:
    vendor.transcripts.extend(["", "now some words"])
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        await live.speak(0.1)
        await vendor.until(lambda: vendor.finalized == 1)
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "now some words"
        assert live.problems == []


async def test_garbage_from_the_vendor_does_not_end_the_bots_hearing(
    vendor: DeepgramStandIn,
) -> None:
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        vendor.fault = Fault.GARBAGE
        await live.speak(0.1)
        await live.problem()
        vendor.fault = Fault.NONE
        await vendor.until(lambda: len(vendor.requests) >= 2 and vendor.connections == 1)
        vendor.transcripts.append("better")
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "better"


async def test_a_vendor_that_is_gone_and_returns_is_found_again(vendor: DeepgramStandIn) -> None:
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        await vendor.vanish()
        assert (await live.problem()).reason is Reason.CONNECTIVITY
        await vendor.listen()
        await vendor.until(lambda: vendor.connections == 1)
        vendor.transcripts.append("back")
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "back"
        await live.recovery()
