"""One question to a language model that speaks OpenAI's protocol; no conversation, no tools.

Pipecat has its own way to a model, inside a voice. This one is for what is asked beside a meeting:
a summary, a persona's first draft.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from speakdesk.domain.errors import SpeechError
from speakdesk.providers.chat_problems import (
    TextTooLong,
    cut_off,
    no_answer_in_time,
    odd_answer,
    problem_from_error,
    refused_by_model,
    refuses_format,
    unusable_key,
)

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

__all__ = ["ChatModel", "TextTooLong"]

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_S = 10.0
_ATTEMPTS = 3
_LONGEST_PAUSE_S = 20.0
_FENCE = re.compile(r"\A\s*```(?:json)?\s*(.*?)\s*```\s*\Z", re.S | re.I)


class ChatModel:
    """A model at an address. Raises SpeechError and nothing else.

    `base_url` empty means OpenAI itself. A question is asked again where the trouble may pass:
    a dropped line, a server's own trouble, too many requests. `http` is used as it is and left
    open by `aclose`; without one the SDK's own client is made, in a thread.
    """

    def __init__(
        self,
        key: str,
        model: str,
        *,
        base_url: str = "",
        name: str = "OpenAI",
        http: httpx2.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.model = model
        self.name = name
        self.base_url = base_url or OPENAI_URL
        self._key = key.strip()
        self._http = http
        self._sleep = sleep
        self._client: AsyncOpenAI | None = None
        self._opening = asyncio.Lock()
        self._formats = ["json_schema", "json_object", ""]

    def __repr__(self) -> str:
        return f"ChatModel({self.model!r} at {self.name})"

    async def ask(
        self,
        instructions: str,
        text: str,
        *,
        schema: Mapping[str, Any] | None = None,
        longest_s: float = 60.0,
    ) -> str:
        """The model's answer to `text` under `instructions`, within `longest_s` in all.

        With `schema`, a JSON object as text: asked for by the schema where the server can do that,
        else by words, and read before it is given back. Raises TextTooLong where the text does not
        fit into the model, SpeechError for everything else.
        """
        try:
            async with asyncio.timeout(longest_s):
                if schema is None:
                    return await self._steadily(instructions, text, None)
                return await self._object(instructions, text, schema)
        except TimeoutError as e:
            raise SpeechError(no_answer_in_time(self.name, self.base_url, longest_s)) from e

    async def aclose(self) -> None:
        """Close the connections we opened."""
        client, self._client = self._client, None
        if client is not None and self._http is None:
            await client.close()

    async def _object(self, instructions: str, text: str, schema: Mapping[str, Any]) -> str:
        """A server that refuses one way of asking for JSON is asked the next; that is kept."""
        in_words = (
            f"{instructions}\n\nAnswer with one JSON object and nothing else. It follows this JSON "
            f"schema:\n{json.dumps(schema, ensure_ascii=False)}"
        )
        for attempt in (1, 2):
            answer = ""
            while not answer:
                form = self._formats[0]
                asked = instructions if form == "json_schema" else in_words
                try:
                    answer = await self._steadily(asked, text, _response_format(form, schema))
                except _FormatRefused as e:
                    if form == self._formats[-1]:
                        raise e.error from e
                    if form == self._formats[0]:
                        del self._formats[0]
            if (found := _json_object(answer)) is not None:
                return found
            if attempt == 2:
                break
        raise SpeechError(odd_answer(self.name, self.base_url, "with something that is not JSON"))

    async def _steadily(self, instructions: str, text: str, form: dict[str, Any] | None) -> str:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._once(instructions, text, form)
            except SpeechError as e:
                problem = e.problem
                wait_s = problem.retry_after_s
                wait_s = 0.5 * 2**attempt if wait_s is None else wait_s
                is_over = problem.is_permanent or attempt == _ATTEMPTS or wait_s > _LONGEST_PAUSE_S
                if is_over:
                    raise
            await self._sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, instructions: str, text: str, form: dict[str, Any] | None) -> str:
        client = await self._open()
        from openai import OpenAIError

        more: dict[str, Any] = {} if form is None else {"response_format": form}
        try:
            reply = await client.chat.completions.create(
                model=self.model,
                messages=[
                    {"role": "system", "content": instructions},
                    {"role": "user", "content": text},
                ],
                **more,
            )
        except (OpenAIError, ValueError, TypeError) as e:
            problem, is_too_long = problem_from_error(
                e, self.name, self.model, self.base_url, (self._key,)
            )
            error = TextTooLong(problem) if is_too_long else SpeechError(problem)
            if form is not None and not is_too_long and refuses_format(e):
                raise _FormatRefused(error) from e
            raise error from e
        return self._read(reply)

    def _read(self, reply: Any) -> str:
        # The SDK hands on as it came what does not have the shape of an answer.
        choices = getattr(reply, "choices", None)
        if not choices:
            raise SpeechError(
                odd_answer(self.name, self.base_url, "with something that is no answer")
            )
        choice = choices[0]
        message = choice.message
        refusal = getattr(message, "refusal", None)
        if refusal or choice.finish_reason == "content_filter":
            raise SpeechError(refused_by_model(self.name, refusal or ""))
        if choice.finish_reason == "length":
            raise SpeechError(cut_off(self.name, self.model))
        content = message.content
        if not isinstance(content, str) or not content.strip():
            raise SpeechError(odd_answer(self.name, self.base_url, "with nothing"))
        return content.strip()

    async def _open(self) -> AsyncOpenAI:
        if not (self._key.isascii() and self._key.isprintable()):
            raise SpeechError(unusable_key(self.name))
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make)
            return self._client

    def _make(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI, Timeout

        return AsyncOpenAI(
            # Without one the SDK would take OPENAI_API_KEY and send it to a stranger.
            api_key=self._key or "none",
            base_url=self.base_url,
            # The whole question has its own bound, so the line may stay silent as long.
            timeout=Timeout(None, connect=CONNECT_S),
            max_retries=0,
            http_client=self._http,
        )


class _FormatRefused(Exception):
    """The server does not know this way of asking for JSON."""

    def __init__(self, error: SpeechError) -> None:
        super().__init__(str(error))
        self.error = error


def _response_format(form: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
    if form == "json_schema":
        described = {"name": "answer", "strict": True, "schema": dict(schema)}
        return {"type": "json_schema", "json_schema": described}
    return {"type": "json_object"} if form else None


def _json_object(answer: str) -> str | None:
    """The JSON object in an answer, without a fence or a sentence around it; None for none."""
    fenced = _FENCE.match(answer)
    candidates = [fenced.group(1)] if fenced else [answer]
    begin, end = answer.find("{"), answer.rfind("}")
    if 0 <= begin < end:
        candidates.append(answer[begin : end + 1])
    for candidate in candidates:
        try:
            value = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return candidate
    return None
