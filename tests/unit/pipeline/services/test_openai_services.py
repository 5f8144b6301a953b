"""OpenAI's ears, mind and mouth through Pipecat's own classes, against a stand-in for its API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pipecat.frames.frames import (
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext

from speakdesk.domain.errors import Reason, Stage
from speakdesk.domain.events import Event, ToolCalled
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice
from speakdesk.pipeline.speech import make_llm, make_stt, make_tts
from speakdesk.pipeline.tools import register_tools
from speakdesk.pipeline.utterances import utterance_number
from tests.standins.base import Fault
from tests.standins.live import HURRY, RATE_IN_HZ, LivePipeline
from tests.standins.openai import OpenAIStandIn, ToolCall

KEY = "sk-openai-test-key-1234567890"
STT = ServiceChoice(Role.STT, "openai")
LLM = ServiceChoice(Role.LLM, "openai", model="gpt-4.1")
TTS = ServiceChoice(Role.TTS, "openai", voice="marin")
GERMAN = Persona("ada", "Ada", metadata={"language_code": "de-DE"})

REFUSALS = [
    (Fault.REFUSED_KEY, Reason.AUTHENTICATION, "Incorrect API key provided"),
    (Fault.QUOTA, Reason.QUOTA, "exceeded your current quota"),
    (Fault.RATE_LIMIT, Reason.RATE_LIMIT, "Rate limit reached"),
    (Fault.SERVER_ERROR, Reason.UNAVAILABLE, "The server is overloaded."),
]


@pytest.fixture
async def vendor() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn() as standin:
        yield standin


def keys(vendor: OpenAIStandIn) -> Keys:
    return Keys({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": vendor.base_url})


def ears(vendor: OpenAIStandIn) -> LivePipeline:
    service = make_stt(STT, keys(vendor), GERMAN, RATE_IN_HZ, HURRY)
    return LivePipeline(service, STT, keys=keys(vendor))


def mind(vendor: OpenAIStandIn) -> LivePipeline:
    return LivePipeline(make_llm(LLM, keys(vendor), GERMAN, HURRY), LLM, keys=keys(vendor))


def mouth(vendor: OpenAIStandIn) -> LivePipeline:
    service = make_tts(TTS, keys(vendor), GERMAN, 16000, HURRY)
    return LivePipeline(service, TTS, keys=keys(vendor))


def question(text: str = "What is the plan?") -> LLMContextFrame:
    return LLMContextFrame(LLMContext(messages=[{"role": "user", "content": text}]))


async def say(live: LivePipeline, text: str) -> None:
    await live.push(LLMFullResponseStartFrame(), LLMTextFrame(text), LLMFullResponseEndFrame())


async def test_each_transcript_tells_which_utterance_it_is_of(vendor: OpenAIStandIn) -> None:
    vendor.transcripts += ["Eins.", "Zwei."]
    async with ears(vendor) as live:
        await live.speak(number=3)
        await live.speak(number=4)
        told = [await live.wait(TranscriptionFrame) for _ in range(2)]
    assert [(f.text, utterance_number(f)) for f in told] == [("Eins.", 3), ("Zwei.", 4)]


async def test_hears_a_thing_said_in_the_personas_language(vendor: OpenAIStandIn) -> None:
    vendor.transcripts.append("Was ist der Plan?")
    async with ears(vendor) as live:
        await live.speak()
        assert (await live.wait(TranscriptionFrame)).text == "Was ist der Plan?"
    body = vendor.requests[0].body
    assert body["language"] == "de"
    assert body["file"].startswith(b"RIFF")
    assert int.from_bytes(body["file"][24:28], "little") == 16000


async def test_thinks_word_by_word(vendor: OpenAIStandIn) -> None:
    vendor.answers.append("The plan is simple.")
    async with mind(vendor) as live:
        await live.push(question())
        words = [(await live.wait(LLMTextFrame)).text for _ in range(4)]
        await live.wait(LLMFullResponseEndFrame)
        assert "".join(words) == "The plan is simple."
        assert live.problems == []
    body = vendor.requests[0].body
    assert (body["model"], body["stream"]) == ("gpt-4.1", True)
    assert vendor.requests[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_speaks_at_its_own_rate_in_the_personas_language(vendor: OpenAIStandIn) -> None:
    async with mouth(vendor) as live:
        await say(live, "Der Plan ist einfach.")
        assert (await live.wait(TTSAudioRawFrame)).sample_rate == 24000
        await live.wait(TTSStoppedFrame)
        assert live.problems == []
    body = vendor.requests[0].body
    assert (body["voice"], body["response_format"]) == ("marin", "pcm")
    assert body["instructions"] == "Speak German."


@pytest.mark.parametrize(("fault", "reason", "words"), REFUSALS)
async def test_ears_tell_of_a_refusal_and_hear_the_next_turn_after_it(
    vendor: OpenAIStandIn, fault: Fault, reason: Reason, words: str
) -> None:
    vendor.fault = fault
    async with ears(vendor) as live:
        await live.speak(0.1)
        problem = await live.problem()
        assert (problem.stage, problem.reason) == (Stage.LISTEN, reason)
        assert words in problem.vendor_words
        assert KEY not in str(problem)
        vendor.fault = Fault.NONE
        vendor.transcripts.append("Hallo")
        await live.speak(0.1)
        assert (await live.wait(TranscriptionFrame)).text == "Hallo"
        assert (await live.recovery()).reason is reason


@pytest.mark.parametrize(("fault", "reason", "words"), REFUSALS)
async def test_mind_tells_of_a_refusal_and_answers_the_next_turn_after_it(
    vendor: OpenAIStandIn, fault: Fault, reason: Reason, words: str
) -> None:
    vendor.fault = fault
    async with mind(vendor) as live:
        await live.push(question())
        problem = await live.problem()
        assert (problem.stage, problem.reason) == (Stage.THINK, reason)
        assert words in problem.vendor_words
        assert KEY not in str(problem)
        await live.wait(LLMFullResponseEndFrame)
        vendor.fault = Fault.NONE
        vendor.answers.append("Gut.")
        await live.push(question())
        assert (await live.wait(LLMTextFrame)).text == "Gut."
        assert (await live.recovery()).reason is reason


@pytest.mark.parametrize(("fault", "reason", "words"), REFUSALS)
async def test_mouth_tells_of_a_refusal_and_speaks_the_next_turn_after_it(
    vendor: OpenAIStandIn, fault: Fault, reason: Reason, words: str
) -> None:
    vendor.fault = fault
    async with mouth(vendor) as live:
        await say(live, "Nobody hears this.")
        problem = await live.problem()
        assert (problem.stage, problem.reason) == (Stage.SPEAK, reason)
        assert words in problem.vendor_words
        assert KEY not in str(problem)
        await live.wait(LLMFullResponseEndFrame)
        vendor.fault = Fault.NONE
        await say(live, "Now you hear me.")
        await live.wait(TTSAudioRawFrame)
        assert (await live.recovery()).reason is reason


async def test_a_retry_after_is_kept_for_whoever_waits(vendor: OpenAIStandIn) -> None:
    vendor.fault, vendor.retry_after_s = Fault.RATE_LIMIT, 20
    async with mind(vendor) as live:
        await live.push(question())
        assert (await live.problem()).retry_after_s == 20


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Fault.SILENT, Reason.TIMEOUT), (Fault.DROP, Reason.CONNECTIVITY)],
)
async def test_a_silent_vendor_or_a_cut_line_is_a_problem_and_the_next_turn_works(
    vendor: OpenAIStandIn, role: Role, fault: Fault, reason: Reason
) -> None:
    async def turn(live: LivePipeline) -> None:
        match role:
            case Role.STT:
                vendor.transcripts.append("Hallo")
                await live.speak(0.1)
            case Role.LLM:
                await live.push(question())
            case Role.TTS:
                await say(live, "Hello there.")

    output = {Role.STT: TranscriptionFrame, Role.LLM: LLMTextFrame, Role.TTS: TTSAudioRawFrame}
    vendor.fault = fault
    async with {Role.STT: ears, Role.LLM: mind, Role.TTS: mouth}[role](vendor) as live:
        await turn(live)
        assert (await live.problem()).reason is reason
        vendor.fault = Fault.NONE
        await turn(live)
        await live.wait(output[role])
        await live.recovery()


async def test_an_answer_that_stops_in_the_middle_is_a_problem_and_ends(
    vendor: OpenAIStandIn,
) -> None:
    vendor.answers.append("One two three four five.")
    vendor.stall_after = 2
    async with mind(vendor) as live:
        await live.push(question())
        problem = await live.problem()
        assert problem.reason is Reason.TIMEOUT
        assert "next word" in problem.sentence
        await live.wait(LLMFullResponseEndFrame)
        vendor.stall_after = None
        await live.push(question())
        await live.recovery()


async def test_a_line_dropped_once_costs_no_answer(vendor: OpenAIStandIn) -> None:
    async with mind(vendor) as live:
        await live.push(question())
        await live.wait(LLMFullResponseEndFrame)
        vendor.drop()
        await vendor.vanish()
        await vendor.listen()
        await live.push(question())
        await live.wait(LLMTextFrame)
        assert live.problems == []


async def test_a_tool_the_model_asks_for_is_called_and_its_result_goes_back(
    vendor: OpenAIStandIn,
) -> None:
    from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair

    vendor.answers.extend([ToolCall("time", {"place": "Tokyo"}), "It is late there."])
    events: list[Event] = []
    llm = make_llm(LLM, keys(vendor), GERMAN, HURRY)
    tools = register_tools(llm, ("time",), events.append, "bot-1")
    context = LLMContext(messages=[{"role": "user", "content": "Tokyo?"}], tools=tools)
    pair = LLMContextAggregatorPair(context)
    async with LivePipeline(llm, LLM, keys=keys(vendor), more=[pair.assistant()]) as live:
        await live.push(LLMContextFrame(context))
        await vendor.until(lambda: len(vendor.requests) == 2)
        assert live.problems == []
    sent = vendor.requests[1].body["messages"]
    result = next(m for m in sent if m["role"] == "tool")
    assert "Asia/Tokyo" in result["content"]
    assert vendor.requests[0].body["tools"][0]["function"]["name"] == "time"
    assert [e.tool for e in events if isinstance(e, ToolCalled)] == ["time"]


async def test_openais_own_key_never_goes_to_another_address(vendor: OpenAIStandIn) -> None:
    choice = ServiceChoice(Role.LLM, "compatible", model="llama", base_url=vendor.base_url)
    only_openai = Keys({"OPENAI_API_KEY": KEY})
    service = make_llm(choice, only_openai, GERMAN, HURRY)
    async with LivePipeline(service, choice, keys=only_openai) as live:
        await live.push(question())
        await live.wait(LLMTextFrame)
    assert KEY not in str(vendor.requests[0].headers)
    assert vendor.requests[0].body["model"] == "llama"
