"""One question to a language model: what is asked, and every way it can go wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from speakdesk.domain.errors import Reason, SpeechError, Stage
from speakdesk.providers.chat_model import ChatModel, TextTooLong
from tests.standins.base import Fault
from tests.standins.openai import OpenAIStandIn

KEY = "sk-openai-test-key-1234567890"
SCHEMA = {
    "type": "object",
    "properties": {"summary": {"type": "string"}},
    "required": ["summary"],
    "additionalProperties": False,
}


@pytest.fixture
async def vendor() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn() as standin:
        yield standin


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
async def model(vendor: OpenAIStandIn, waits: list[float]) -> AsyncIterator[ChatModel]:
    async def note(seconds: float) -> None:
        waits.append(seconds)

    made = ChatModel(KEY, "gpt-4.1", base_url=vendor.base_url, sleep=note)
    yield made
    await made.aclose()


def formats(vendor: OpenAIStandIn) -> list[str]:
    return [(seen.body.get("response_format") or {}).get("type", "") for seen in vendor.requests]


async def test_asks_once_and_gives_back_what_was_answered(
    vendor: OpenAIStandIn, model: ChatModel
) -> None:
    vendor.answers.append("  Tuesday. ")
    assert await model.ask("Answer shortly.", "When do we begin?") == "Tuesday."
    [seen] = vendor.requests
    assert seen.headers["Authorization"] == f"Bearer {KEY}"
    assert seen.body["model"] == "gpt-4.1"
    assert seen.body["messages"] == [
        {"role": "system", "content": "Answer shortly."},
        {"role": "user", "content": "When do we begin?"},
    ]
    assert "response_format" not in seen.body
    assert KEY not in repr(model)


async def test_without_a_key_nobody_elses_is_sent(
    vendor: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = ChatModel("", "llama", base_url=vendor.base_url, name="Ollama")
    await model.ask("a", "b")
    await model.aclose()
    assert KEY not in str(vendor.requests[0].headers)


async def test_an_object_is_asked_for_by_its_schema(
    vendor: OpenAIStandIn, model: ChatModel
) -> None:
    vendor.answers.append('{"summary": "All well."}')
    answer = await model.ask("Sum up.", "…", schema=SCHEMA)
    assert json.loads(answer) == {"summary": "All well."}
    wanted = vendor.requests[0].body["response_format"]["json_schema"]
    assert (wanted["strict"], wanted["schema"]) == (True, SCHEMA)


@pytest.mark.parametrize(
    ("refused", "asked"),
    [
        ({"json_schema"}, ["json_schema", "json_object", "json_object"]),
        ({"json_schema", "json_object"}, ["json_schema", "json_object", "", ""]),
    ],
)
async def test_a_server_that_knows_no_schema_is_asked_in_words_and_that_is_remembered(
    vendor: OpenAIStandIn, model: ChatModel, refused: set[str], asked: list[str]
) -> None:
    vendor.refused_formats = frozenset(refused)
    vendor.answers.extend(['```json\n{"summary": "one"}\n```', 'Here: {"summary": "two"} Bye.'])
    assert json.loads(await model.ask("Sum up.", "…", schema=SCHEMA)) == {"summary": "one"}
    assert json.loads(await model.ask("Sum up.", "…", schema=SCHEMA)) == {"summary": "two"}
    assert formats(vendor) == asked
    assert '"additionalProperties": false' in vendor.requests[-1].body["messages"][0]["content"]


async def test_what_is_no_object_is_asked_for_once_more_and_then_told(
    vendor: OpenAIStandIn, model: ChatModel
) -> None:
    vendor.answers.extend(["Well …", '{"summary": "at last"}'])
    assert json.loads(await model.ask("Sum up.", "…", schema=SCHEMA)) == {"summary": "at last"}
    vendor.answers.extend(["[1, 2]", '{"summary": '])
    with pytest.raises(SpeechError, match="not JSON") as caught:
        await model.ask("Sum up.", "…", schema=SCHEMA)
    assert caught.value.problem.reason is Reason.PROTOCOL


@pytest.mark.parametrize(
    ("fault", "reason", "words", "requests"),
    [
        (Fault.REFUSED_KEY, Reason.AUTHENTICATION, "Incorrect API key provided", 1),
        (Fault.FORBIDDEN, Reason.AUTHENTICATION, "may not use this model", 1),
        (Fault.QUOTA, Reason.QUOTA, "exceeded your current quota", 1),
        (Fault.RATE_LIMIT, Reason.RATE_LIMIT, "Rate limit reached", 3),
        (Fault.SERVER_ERROR, Reason.UNAVAILABLE, "overloaded", 3),
        (Fault.DROP, Reason.CONNECTIVITY, "", 3),
        (Fault.GARBAGE, Reason.PROTOCOL, "", 1),
    ],
)
async def test_every_refusal_is_told_with_the_vendors_words(
    vendor: OpenAIStandIn,
    model: ChatModel,
    fault: Fault,
    reason: Reason,
    words: str,
    requests: int,
) -> None:
    vendor.fault = fault
    with pytest.raises(SpeechError) as caught:
        await model.ask("a", "b", schema=SCHEMA)
    problem = caught.value.problem
    assert (problem.stage, problem.reason) == (Stage.THINK, reason)
    assert words in problem.vendor_words
    assert problem.sentence.endswith(".")
    assert problem.next_step.endswith(".")
    assert KEY not in str(problem)
    assert len(vendor.requests) == requests


async def test_trouble_that_passes_is_waited_for_as_long_as_the_service_says(
    vendor: OpenAIStandIn, model: ChatModel, waits: list[float]
) -> None:
    vendor.fault, vendor.retry_after_s = Fault.RATE_LIMIT, 7

    async def mend(seconds: float) -> None:
        waits.append(seconds)
        vendor.fault = Fault.NONE

    model._sleep = mend
    assert await model.ask("a", "b") == "All right."
    assert waits == [7.0]


async def test_a_wait_of_minutes_is_left_to_the_person(
    vendor: OpenAIStandIn, model: ChatModel, waits: list[float]
) -> None:
    vendor.fault, vendor.retry_after_s = Fault.RATE_LIMIT, 300
    with pytest.raises(SpeechError) as caught:
        await model.ask("a", "b")
    assert caught.value.problem.retry_after_s == 300
    assert waits == []


async def test_a_silent_service_is_given_up(vendor: OpenAIStandIn, model: ChatModel) -> None:
    vendor.fault = Fault.SILENT
    with pytest.raises(SpeechError) as caught:
        await model.ask("a", "b", longest_s=0.2)
    assert caught.value.problem.reason is Reason.TIMEOUT
    assert "0.2 seconds" in caught.value.problem.sentence


async def test_an_answer_that_was_cut_is_no_answer(vendor: OpenAIStandIn, model: ChatModel) -> None:
    vendor.finish_reason = "length"
    with pytest.raises(SpeechError, match="in the middle"):
        await model.ask("a", "b")
    vendor.finish_reason = "content_filter"
    with pytest.raises(SpeechError, match="refused to answer"):
        await model.ask("a", "b")


async def test_a_text_that_does_not_fit_is_told_apart(
    vendor: OpenAIStandIn, model: ChatModel
) -> None:
    vendor.window_bytes = 100
    with pytest.raises(TextTooLong, match="too long for gpt"):
        await model.ask("a", "b" * 200, schema=SCHEMA)
    assert len(vendor.requests) == 1


async def test_nobody_at_the_address_is_told(vendor: OpenAIStandIn, model: ChatModel) -> None:
    await vendor.vanish()
    with pytest.raises(SpeechError, match="cannot be reached") as caught:
        await model.ask("a", "b")
    assert vendor.base_url in caught.value.problem.sentence


async def test_a_key_that_cannot_be_sent_is_told() -> None:
    with pytest.raises(SpeechError, match="no key has"):
        await ChatModel("sk-käse", "gpt-4.1").ask("a", "b")


async def test_cancelling_a_question_cancels_it(vendor: OpenAIStandIn, model: ChatModel) -> None:
    vendor.fault = Fault.SILENT
    asking: asyncio.Task[Any] = asyncio.create_task(model.ask("a", "b"))
    await vendor.until(lambda: len(vendor.requests) == 1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
