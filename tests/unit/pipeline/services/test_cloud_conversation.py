"""All three cloud services in one pipeline: a talk, an outage of everything, the talk again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from pipecat.frames.frames import TTSAudioRawFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.turns.user_start import VADUserTurnStartStrategy
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from speakdesk.domain.events import BotProblem
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, SpeechWish
from speakdesk.pipeline.catalogue import plan_speech
from speakdesk.pipeline.speech import make_services
from tests.standins.base import Fault
from tests.standins.cartesia import CartesiaStandIn
from tests.standins.deepgram import DeepgramStandIn
from tests.standins.live import HURRY, RATE_IN_HZ, LivePipeline
from tests.standins.openai import OpenAIStandIn

ADA = Persona("ada", "Ada", metadata={"llm": "openai"})


@dataclass
class Vendors:
    deepgram: DeepgramStandIn
    openai: OpenAIStandIn
    cartesia: CartesiaStandIn

    def all(self) -> tuple[DeepgramStandIn, OpenAIStandIn, CartesiaStandIn]:
        return self.deepgram, self.openai, self.cartesia

    def script(self, question: str, answer: str) -> None:
        self.deepgram.transcripts.append(question)
        self.openai.answers.append(answer)


@pytest.fixture
async def vendors() -> AsyncIterator[Vendors]:
    async with AsyncExitStack() as stack:
        yield Vendors(
            await stack.enter_async_context(DeepgramStandIn()),
            await stack.enter_async_context(OpenAIStandIn()),
            await stack.enter_async_context(CartesiaStandIn()),
        )


async def talk(vendors: Vendors) -> LivePipeline:
    keys = Keys(
        {
            "DEEPGRAM_API_KEY": "deepgram-key",
            "OPENAI_API_KEY": "openai-key",
            "CARTESIA_API_KEY": "cartesia-key",
            "DEEPGRAM_BASE_URL": vendors.deepgram.url,
            "OPENAI_BASE_URL": vendors.openai.base_url,
            "CARTESIA_URL": vendors.cartesia.tts_url,
        }
    )
    plan = plan_speech(ADA, SpeechWish(), SpeechWish(), keys)
    assert plan.missing == ()
    made = await make_services(
        plan, keys, ADA, rate_in_hz=RATE_IN_HZ, rate_out_hz=24000, patience=HURRY
    )
    made.llm.append_system_instruction("You are Ada.")
    strategies = UserTurnStrategies(
        start=[VADUserTurnStartStrategy()],
        stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.05)],
    )
    pair = LLMContextAggregatorPair(
        LLMContext(), user_params=LLMUserAggregatorParams(user_turn_strategies=strategies)
    )
    return LivePipeline(
        made.stt,
        plan.stt,
        keys=keys,
        more=[pair.user(), made.llm, made.tts, pair.assistant()],
        watched=[(made.llm, plan.llm), (made.tts, plan.tts)],
    )


async def test_a_question_is_heard_thought_about_and_answered(vendors: Vendors) -> None:
    vendors.script("what is the plan", "The plan is simple.")
    async with await talk(vendors) as live:
        await vendors.deepgram.until(lambda: vendors.deepgram.connections == 1)
        await live.speak()
        await live.wait(TTSAudioRawFrame)
        assert live.problems == []
    assert vendors.cartesia.texts == ["The plan is simple."]
    told = vendors.openai.requests[0].body["messages"]
    assert told[0]["role"] == "system"
    assert told[0]["content"].startswith("You are ")
    assert told[-1]["content"] == "what is the plan"


@pytest.mark.parametrize("fault", [Fault.REFUSED_KEY, Fault.SERVER_ERROR, Fault.DROP])
async def test_after_an_outage_of_everything_the_next_question_is_answered(
    vendors: Vendors, fault: Fault
) -> None:
    async with await talk(vendors) as live:
        await vendors.deepgram.until(lambda: vendors.deepgram.connections == 1)
        for vendor in vendors.all():
            vendor.fault = fault
            vendor.drop()
        await live.speak()
        await live.problem()
        for vendor in vendors.all():
            vendor.fault = Fault.NONE
        vendors.script("are you back", "I am back.")
        await live.speak()
        await vendors.cartesia.until(lambda: vendors.cartesia.texts[-1:] == ["I am back."])
        await live.wait(TTSAudioRawFrame)
        over = [e.problem for e in live.events if isinstance(e, BotProblem) and e.recovered]
        assert over
        assert all(watch.problem is None for watch in live.watches)


async def test_every_vendor_gone_and_back_and_the_next_question_is_answered(
    vendors: Vendors,
) -> None:
    async with await talk(vendors) as live:
        await vendors.deepgram.until(lambda: vendors.deepgram.connections == 1)
        for vendor in vendors.all():
            await vendor.vanish()
        await live.problem()
        for vendor in vendors.all():
            await vendor.listen()
        vendors.script("are you back", "I am back.")
        await live.speak()
        await live.wait(TTSAudioRawFrame)
        assert all(watch.problem is None for watch in live.watches)
