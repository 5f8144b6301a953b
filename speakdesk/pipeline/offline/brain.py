# mypy: disable-error-code="no-untyped-call"
"""A mind without a key or a network: a Pipecat LLM service over the notes brain."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping
from typing import Any

from pipecat.adapters.llm.base_llm_adapter import BaseLLMAdapter
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    Frame,
    FunctionCallFromLLM,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import LLMService

from speakdesk.domain.errors import Problem, Reason, SpeechError, Stage
from speakdesk.domain.persona import Persona
from speakdesk.pipeline.context import noted
from speakdesk.pipeline.offline.notes import NotesBrain, Reply
from speakdesk.pipeline.services.own_model import own_model_settings

_LETTERS_A_TOKEN = 4
_DEFAULT_SUMMARY_TOKENS = 400
_HISTORY = "Conversation history:"
_NOT_SAID = ("TOOL", "SYSTEM:", "DEVELOPER:")
_NO_RESULT_YET = frozenset({"IN_PROGRESS", "CANCELLED", "COMPLETED"})


class NotesAdapter(BaseLLMAdapter[dict[str, Any]]):
    """The context as it is: the brain reads Pipecat's own messages."""

    @property
    def id_for_llm_specific_messages(self) -> str:
        """The name of messages meant for this service alone."""
        return "notes"

    async def get_llm_invocation_params(self, context: LLMContext, **kwargs: Any) -> dict[str, Any]:
        """The messages, unchanged."""
        return {"messages": self.get_messages(context)}

    def to_provider_tools_format(self, tools_schema: ToolsSchema) -> list[Any]:
        """The tools' schemas, unchanged."""
        return list(tools_schema.standard_tools)

    def get_messages_for_logging(self, context: LLMContext) -> list[dict[str, Any]]:
        """Only roles: what people say has no place in a log."""
        return [{"role": _role(message)} for message in context.messages]


class NotesLLMService(LLMService[NotesAdapter]):
    """Answers from the persona's notes, a sentence at a time; asks tools through Pipecat's path.

    It understands summary requests (`run_inference` over a conversation history gives an extract).
    """

    adapter_class = NotesAdapter

    def __init__(self, persona: Persona, **kwargs: Any) -> None:
        super().__init__(
            settings=own_model_settings("notes"),
            **kwargs,
        )
        self._persona = persona
        self._brain = NotesBrain(persona)

    def can_generate_metrics(self) -> bool:
        """TTFB and processing time."""
        return True

    async def cleanup(self) -> None:
        """Give the notes' index back."""
        await super().cleanup()
        self._brain.close()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context; pass everything else on."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        try:
            await self.push_frame(LLMFullResponseStartFrame())
            await self.start_processing_metrics()
            await self.start_ttfb_metrics()
            await self._answer(frame.context)
        except (ValueError, KeyError, RuntimeError, sqlite3.Error) as error:
            problem = Problem(
                Stage.THINK,
                Reason.CRASHED,
                "The notes brain could not work out an answer.",
                "Ask once more; if it happens again, please report it with the log.",
                str(error),
                is_permanent=False,
            )
            await self.push_error(problem.sentence, exception=SpeechError(problem))
        finally:
            await self.stop_processing_metrics()
            await self.push_frame(LLMFullResponseEndFrame())

    async def _answer(self, context: LLMContext) -> None:
        reply = self._reply(context)
        await self.stop_ttfb_metrics()
        if reply.tool is not None:
            await self.run_function_calls(
                [
                    FunctionCallFromLLM(
                        function_name=reply.tool.name,
                        tool_call_id=f"notes_{uuid.uuid4().hex[:12]}",
                        arguments=dict(reply.tool.arguments),
                        context=context,
                    )
                ]
            )
            return
        for sentence in reply.sentences:
            await self._push_llm_text(sentence + " ")

    def _reply(self, context: LLMContext) -> Reply:
        tools = frozenset(self._advertised_tool_names(context))
        last_noted = ""
        for message in reversed(context.messages):
            role = _role(message)
            if role == "tool":
                return self._tool_reply(context, message)
            if role == "user":
                text = _text(message)
                if (said := noted(text)) is None:
                    return self._brain.respond(text, tools)
                last_noted = last_noted or said
            elif role == "assistant":
                break
        # Nobody but another bot has spoken since: it is that one that is answered.
        return self._brain.respond(last_noted, tools) if last_noted else Reply()

    def _tool_reply(self, context: LLMContext, message: Any) -> Reply:
        content = _text(message)
        if content.strip('"') in _NO_RESULT_YET:
            return Reply()
        call_id = message.get("tool_call_id")
        names = [
            call["function"]["name"]
            for earlier in context.messages
            if _role(earlier) == "assistant"
            for call in _calls(earlier)
            if call.get("id") == call_id
        ]
        try:
            result: Any = json.loads(content)
        except json.JSONDecodeError:
            result = content
        return self._brain.tell_tool(names[0] if names else "", result)

    async def run_inference(
        self,
        context: LLMContext,
        max_tokens: int | None = None,
        system_instruction: str | None = None,
        response_schema: dict[str, Any] | None = None,
    ) -> str | None:
        """An extract of a conversation history, or the answer to the last question, out of band."""
        self._check_response_schema(response_schema)
        texts = [text for m in context.messages if _role(m) == "user" and (text := _text(m))]
        if not texts:
            return None
        if texts[-1].startswith(_HISTORY):
            lines = [
                line.removeprefix("USER: ").removeprefix("ASSISTANT: ")
                for line in texts[-1][len(_HISTORY) :].splitlines()
                if line.strip() and not line.startswith(_NOT_SAID)
            ]
            tokens = max_tokens or _DEFAULT_SUMMARY_TOKENS
            return self._brain.summary(lines, tokens * _LETTERS_A_TOKEN)
        brain = NotesBrain(self._persona)
        try:
            return brain.answer(texts[-1])
        finally:
            brain.close()


def _role(message: Any) -> str:
    return str(message.get("role", "")) if isinstance(message, Mapping) else ""


def _calls(message: Any) -> list[dict[str, Any]]:
    calls = message.get("tool_calls")
    return list(calls) if calls else []


def _text(message: Any) -> str:
    content = message.get("content") if isinstance(message, Mapping) else None
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return ""
