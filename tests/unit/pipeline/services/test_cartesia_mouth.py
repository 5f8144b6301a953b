"""Cartesia through Pipecat's own class, against a stand-in for its wire."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pipecat.frames.frames import (
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)

from speakdesk.domain.errors import Reason, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice
from speakdesk.pipeline.services.cartesia import CartesiaMouth, nearest_rate
from speakdesk.pipeline.speech import make_tts
from tests.standins.base import Fault
from tests.standins.cartesia import CartesiaStandIn
from tests.standins.live import HURRY, LivePipeline

KEY = "cartesia-test-key-123456"
CHOICE = ServiceChoice(Role.TTS, "cartesia", voice="voice-1")


@pytest.fixture
async def vendor() -> AsyncIterator[CartesiaStandIn]:
    async with CartesiaStandIn() as standin:
        yield standin


def mouth(vendor: CartesiaStandIn, language: str = "en", rate_hz: int = 24000) -> LivePipeline:
    keys = Keys({"CARTESIA_API_KEY": KEY, "CARTESIA_URL": vendor.tts_url})
    persona = Persona("ada", "Ada", metadata={"language_code": language})
    return LivePipeline(make_tts(CHOICE, keys, persona, rate_hz, HURRY), CHOICE, keys=keys)


async def answer(live: LivePipeline, text: str) -> None:
    await live.push(LLMFullResponseStartFrame(), LLMTextFrame(text), LLMFullResponseEndFrame())


async def test_speaks_an_answer_and_says_which_words_were_spoken(vendor: CartesiaStandIn) -> None:
    async with mouth(vendor) as live:
        await answer(live, "The plan is simple.")
        sound = await live.wait(TTSAudioRawFrame)
        assert (sound.sample_rate, sound.num_channels) == (24000, 1)
        await live.wait(TTSTextFrame, lambda frame: "simple" in frame.text)
        await live.wait(TTSStoppedFrame)
        assert live.problems == []
    assert vendor.texts == ["The plan is simple."]
    assert vendor.requests[0].headers["X-API-Key"] == KEY


@pytest.mark.parametrize(
    ("wire", "asked"), [(16000, 16000), (24000, 24000), (32000, 48000), (48000, 48000)]
)
def test_sound_is_asked_for_at_the_wires_rate_where_there_is_one(wire: int, asked: int) -> None:
    assert nearest_rate(wire) == asked


@pytest.mark.parametrize(
    ("fault", "reason", "words"),
    [
        (Fault.REFUSED_KEY, Reason.AUTHENTICATION, "Invalid API key"),
        (Fault.QUOTA, Reason.QUOTA, "run out of credits"),
        (Fault.RATE_LIMIT, Reason.RATE_LIMIT, "Too many concurrent requests"),
        (Fault.SERVER_ERROR, Reason.UNAVAILABLE, "Service unavailable"),
    ],
)
async def test_a_refusal_is_a_problem_with_the_vendors_words_and_the_next_turn_is_spoken_after(
    vendor: CartesiaStandIn, fault: Fault, reason: Reason, words: str
) -> None:
    vendor.fault = fault
    async with mouth(vendor) as live:
        problem = await live.problem()
        assert (problem.stage, problem.reason) == (Stage.SPEAK, reason)
        assert words in problem.vendor_words
        assert KEY not in str(problem)
        await answer(live, "Nobody hears this.")
        await live.wait(LLMFullResponseEndFrame)
        vendor.fault = Fault.NONE
        await answer(live, "Now you hear me.")
        await live.wait(TTSAudioRawFrame)
        assert (await live.recovery()).reason is reason
    assert vendor.texts[-1] == "Now you hear me."


async def test_a_socket_dropped_in_mid_sentence_is_made_anew_and_the_next_turn_is_spoken(
    vendor: CartesiaStandIn,
) -> None:
    async with mouth(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        vendor.fault = Fault.DROP
        await answer(live, "This is cut off.")
        problem = await live.problem()
        assert (problem.stage, problem.reason) == (Stage.SPEAK, Reason.CONNECTIVITY)
        vendor.fault = Fault.NONE
        await answer(live, "This is whole.")
        await live.wait(TTSAudioRawFrame)
        assert (await live.recovery()).reason is Reason.CONNECTIVITY
    assert vendor.texts[-1] == "This is whole."


async def test_a_vendor_that_takes_text_and_gives_no_sound_is_a_problem_and_may_come_back(
    vendor: CartesiaStandIn,
) -> None:
    async with mouth(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        vendor.fault = Fault.SILENT
        await answer(live, "Can you say this?")
        problem = await live.problem()
        assert (problem.reason, problem.is_permanent) == (Reason.TIMEOUT, False)
        assert "no sound within 0.6 seconds" in problem.sentence
        await vendor.until(lambda: len(vendor.requests) == 2)
        vendor.fault = Fault.NONE
        await answer(live, "Then this?")
        await live.wait(TTSAudioRawFrame)
        await live.recovery()


async def test_a_handshake_without_an_answer_does_not_hold_the_bot_up(
    vendor: CartesiaStandIn,
) -> None:
    vendor.fault, vendor.silent_handshake = Fault.SILENT, True
    async with mouth(vendor) as live:
        assert (await live.problem()).reason is Reason.TIMEOUT
        vendor.fault = Fault.NONE
        await answer(live, "Here I am.")
        await live.wait(TTSAudioRawFrame)
        await live.recovery()


async def test_an_error_for_one_sentence_is_told_and_does_not_hold_the_next_one_up(
    vendor: CartesiaStandIn,
) -> None:
    vendor.error = {"status_code": 500, "error_code": "internal", "message": "Synthesis failed"}
    async with mouth(vendor) as live:
        await answer(live, "This fails.")
        problem = await live.problem()
        assert (problem.reason, problem.vendor_words) == (Reason.UNAVAILABLE, "Synthesis failed")
        await answer(live, "This works.")
        await live.wait(TTSAudioRawFrame)
        await live.recovery()
    assert len(vendor.requests) == 1


async def test_a_voice_the_vendor_does_not_know_is_said_so(vendor: CartesiaStandIn) -> None:
    vendor.error = {"status_code": 400, "title": "Bad voice", "message": "Voice not found"}
    async with mouth(vendor) as live:
        await answer(live, "Hello.")
        problem = await live.problem()
    assert (problem.reason, problem.is_permanent) == (Reason.BAD_INPUT, True)
    assert problem.vendor_words == "Voice not found"
    assert "voice" in problem.next_step


async def test_an_interruption_cancels_the_context_at_the_vendor(vendor: CartesiaStandIn) -> None:
    vendor.ms_per_word = 2000
    async with mouth(vendor) as live:
        await live.push(LLMFullResponseStartFrame(), LLMTextFrame("A long story. And"))
        await live.wait(TTSAudioRawFrame)
        await live.push(InterruptionFrame())
        await vendor.until(lambda: len(vendor.cancelled) == 1)


async def test_a_vendor_that_is_gone_and_returns_speaks_again(vendor: CartesiaStandIn) -> None:
    async with mouth(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
        await vendor.vanish()
        assert (await live.problem()).reason is Reason.CONNECTIVITY
        await live.push(TTSSpeakFrame("Into the void."))
        await vendor.listen()
        await vendor.until(lambda: vendor.connections == 1)
        await live.push(TTSSpeakFrame("Back again."))
        await live.wait(TTSAudioRawFrame)
        await live.recovery()
    assert vendor.texts[-1] == "Back again."


async def test_nothing_is_connected_any_more_after_the_meeting(vendor: CartesiaStandIn) -> None:
    async with mouth(vendor) as live:
        await vendor.until(lambda: vendor.connections == 1)
    await vendor.until(lambda: vendor.connections == 0)
    service = live.service
    assert isinstance(service, CartesiaMouth)
    await service.revive(force=True)
    assert len(vendor.requests) == 1


async def test_garbage_from_the_vendor_does_not_end_the_bots_speech(
    vendor: CartesiaStandIn,
) -> None:
    async with mouth(vendor) as live:
        vendor.fault = Fault.GARBAGE
        await answer(live, "Can you say this?")
        await vendor.until(lambda: len(vendor.texts) == 1)
        vendor.fault = Fault.NONE
        await answer(live, "Then this?")
        await live.wait(TTSAudioRawFrame)
