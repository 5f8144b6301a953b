"""Gladia through Pipecat's own class, against a stand-in for its wire."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from loguru import logger
from pipecat.frames.frames import InterimTranscriptionFrame, TranscriptionFrame

from speakdesk.domain.errors import Reason, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice
from speakdesk.pipeline.speech import make_stt
from tests.standins.base import Fault
from tests.standins.gladia import GladiaStandIn
from tests.standins.live import HURRY, RATE_IN_HZ, LivePipeline

KEY = "gladia-test-key-123456"
CHOICE = ServiceChoice(Role.STT, "gladia")


@pytest.fixture
async def vendor() -> AsyncIterator[GladiaStandIn]:
    async with GladiaStandIn() as standin:
        yield standin


def ears(vendor: GladiaStandIn, language: str = "en") -> LivePipeline:
    keys = Keys({"GLADIA_API_KEY": KEY, "GLADIA_URL": vendor.live_url})
    persona = Persona("ada", "Ada", metadata={"language_code": language})
    return LivePipeline(make_stt(CHOICE, keys, persona, RATE_IN_HZ, HURRY), CHOICE, keys=keys)


async def test_hears_what_is_said_and_keeps_the_sessions_token_out_of_the_log(
    vendor: GladiaStandIn,
) -> None:
    log = io.StringIO()
    sink = logger.add(log, level="DEBUG")
    vendor.transcripts.append("what is the plan")
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        await live.speak()
        assert (await live.wait(InterimTranscriptionFrame)).text == "what"
        assert (await live.wait(TranscriptionFrame)).text == "what is the plan"
        assert live.problems == []
        await live.end()
        await vendor.until(lambda: vendor.connections == 0)
    logger.remove(sink)
    assert vendor.stopped == 1
    assert "token-1" not in log.getvalue()
    assert KEY not in log.getvalue()


async def test_language_and_rate_reach_the_vendor(vendor: GladiaStandIn) -> None:
    async with ears(vendor, "de-CH"):
        await vendor.until(lambda: vendor.connections == 1)
    order = vendor.requests[0]
    assert order.body["language_config"]["languages"] == ["de"]
    assert order.body["sample_rate"] == 16000
    assert order.body["messages_config"]["receive_partial_transcripts"] is True
    assert order.headers["X-Gladia-Key"] == KEY


@pytest.mark.parametrize(
    ("fault", "reason", "words"),
    [
        (Fault.REFUSED_KEY, Reason.AUTHENTICATION, "gladia key is invalid"),
        (Fault.QUOTA, Reason.QUOTA, "free plan quota"),
        (Fault.RATE_LIMIT, Reason.RATE_LIMIT, "Too many concurrent sessions"),
        (Fault.SERVER_ERROR, Reason.UNAVAILABLE, "Service unavailable"),
    ],
)
async def test_a_refusal_is_a_problem_with_the_vendors_words_and_the_next_turn_is_heard_after(
    vendor: GladiaStandIn, fault: Fault, reason: Reason, words: str
) -> None:
    vendor.fault = fault
    async with ears(vendor) as live:
        problem = await live.problem()
        assert (problem.stage, problem.reason) == (Stage.LISTEN, reason)
        assert words in problem.vendor_words
        assert KEY not in str(problem)
        vendor.fault = Fault.NONE
        vendor.transcripts.append("can you hear me now")
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "can you hear me now"
        assert (await live.recovery()).reason is reason


async def test_a_dropped_socket_is_made_anew_and_the_next_turn_is_heard(
    vendor: GladiaStandIn,
) -> None:
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        vendor.drop()
        await vendor.until(lambda: vendor.connections == 0)
        vendor.transcripts.append("still there")
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "still there"


async def test_a_vendor_that_stops_acknowledging_is_a_problem_and_may_come_back(
    vendor: GladiaStandIn,
) -> None:
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        vendor.fault = Fault.SILENT
        await live.speak()
        problem = await live.problem()
        assert problem.reason is Reason.TIMEOUT
        assert "no transcript within" in problem.sentence
        vendor.fault = Fault.NONE
        await vendor.until(lambda: vendor.sessions == 2 and vendor.connections == 1)
        vendor.transcripts.append("hello again")
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "hello again"
        await live.recovery()


async def test_a_vendor_that_is_gone_and_returns_is_found_again_with_a_new_session(
    vendor: GladiaStandIn,
) -> None:
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        await vendor.vanish()
        assert (await live.problem()).reason is Reason.CONNECTIVITY
        await vendor.listen()
        await vendor.until(lambda: vendor.connections == 1)
        assert vendor.sessions == 2
        vendor.transcripts.append("back")
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "back"
        await live.recovery()


async def test_a_session_request_without_an_answer_does_not_hold_the_bot_up(
    vendor: GladiaStandIn,
) -> None:
    vendor.fault = Fault.SILENT
    async with ears(vendor) as live:
        assert (await live.problem()).reason is Reason.TIMEOUT
        vendor.fault = Fault.NONE
        vendor.transcripts.append("finally")
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "finally"


async def test_garbage_from_the_vendor_does_not_end_the_bots_hearing(
    vendor: GladiaStandIn,
) -> None:
    async with ears(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        vendor.fault = Fault.GARBAGE
        await live.speak(0.1)
        vendor.fault = Fault.NONE
        vendor.transcripts.append("better")
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "better"
