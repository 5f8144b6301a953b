"""The real desk in a practice meeting with each cloud service: talk, trouble, recovery, tools.

The desk, the room, the voice and the vendors' own clients are real; the vendors are stand-ins.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from speakdesk.app.desk import Desk
from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.events import BotProblem, BotStateChanged, Event, LineFinal, ToolCalled
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK
from speakdesk.domain.speech import SpeechWish
from speakdesk.pipeline import assembly, build
from speakdesk.pipeline.services.patience import Patience
from speakdesk.store.paths import Paths
from tests.standins.base import Fault, StandIn
from tests.standins.cartesia import CartesiaStandIn
from tests.standins.deepgram import DeepgramStandIn
from tests.standins.gladia import GladiaStandIn
from tests.standins.openai import OpenAIStandIn, ToolCall
from tests.standins.wttr import WttrStandIn

_E = TypeVar("_E", bound=Event)

# A test waits a second for a vendor that says nothing, a meeting up to twenty.
SHORT = Patience(
    connect_s=1.0, transcript_s=1.2, token_s=1.2, audio_s=1.0, revive_s=(0.05, 0.1, 0.2)
)
QUESTION = "What is the plan?"
HELLO = "Hello everybody."
CLOUD = SpeechWish(stt="deepgram", llm="openai", tts="cartesia")
QUIET_PERSONA = (
    "# Bea\n\nYou are Bea.\n\n## Metadata\n\n- stt: gladia\n- llm: notes\n- tts: espeak\n"
)
CLOUD_PERSONA = (
    "# Ada\n\nYou are Ada.\n\n## Metadata\n\n- stt: deepgram\n- llm: openai\n- tts: cartesia\n"
)


class Office:
    """A desk, the vendors it is pointed at, and all that happened on it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.deepgram = DeepgramStandIn()
        # It tells what was said once this much of it was heard: most of the question.
        self.gladia = GladiaStandIn(bytes_per_utterance=22400)
        self.openai = OpenAIStandIn()
        self.cartesia = CartesiaStandIn(ms_per_word=120)
        self.wttr = WttrStandIn()
        self.ears = "deepgram"
        self.events: list[Event] = []
        self._changed = asyncio.Event()

    def vendors(self) -> tuple[StandIn, ...]:
        return self.deepgram, self.gladia, self.openai, self.cartesia, self.wttr

    def environment(self) -> dict[str, str]:
        return {
            "DEEPGRAM_API_KEY": "deepgram-key",
            "GLADIA_API_KEY": "gladia-key",
            "OPENAI_API_KEY": "openai-key",
            "CARTESIA_API_KEY": "cartesia-key",
            "DEEPGRAM_BASE_URL": self.deepgram.url,
            "GLADIA_URL": self.gladia.live_url,
            "OPENAI_BASE_URL": self.openai.base_url,
            "CARTESIA_URL": self.cartesia.tts_url,
            "WTTR_URL": self.wttr.url,
        }

    def note(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    async def until(
        self, kind: type[_E], fits: Callable[[_E], bool] = lambda _: True, *, after: int = 0
    ) -> _E:
        """The first event of a kind that fits and came after the first `after` ones."""
        try:
            async with asyncio.timeout(20):
                while True:
                    for event in self.events[after:]:
                        if isinstance(event, kind) and fits(event):
                            return event
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            seen = "\n".join(str(e.to_json()) for e in self.events[after:])
            raise AssertionError(f"no such {kind.kind} among these:\n{seen}") from None

    async def line(self, text: str, bot_id: str, *, after: int = 0) -> LineFinal:
        """The bot's own line, spoken to its end."""
        return await self.until(
            LineFinal, lambda e: e.is_bot and e.bot_id == bot_id and e.text == text, after=after
        )

    @asynccontextmanager
    async def meeting(self, launch: Launch) -> AsyncIterator[tuple[str, ...]]:
        """The launch's bots, all in the call, greeted where the launch has a greeting."""
        bots = await self.desk.launch(launch)
        for bot_id in bots:
            await self.until(
                BotStateChanged,
                lambda e, b=bot_id: e.bot_id == b and e.state is BotState.IN_CALL,  # type: ignore[misc]
            )
            if launch.greeting:
                await self.line(launch.greeting, bot_id)
        yield bots
        assert [self.desk.bots[b].state for b in bots] == [BotState.IN_CALL] * len(bots)
        await self.desk.leave_all()
        for bot_id in bots:
            await self.until(
                BotStateChanged,
                lambda e, b=bot_id: e.bot_id == b and e.state is BotState.ENDED,  # type: ignore[misc]
            )

    async def ask(self, bot_id: str, answer: str | ToolCall, *more: str) -> None:
        """A person asks; returns once the bot has said the last of the answers."""
        after = len(self.events)
        self.script(answer, *more)
        await self.desk.practice.say(QUESTION)
        last = more[-1] if more else answer
        assert isinstance(last, str)
        await self.line(last, bot_id, after=after)

    def script(self, *answers: str | ToolCall) -> None:
        heard = {
            "deepgram": self.deepgram.transcripts,
            "gladia": self.gladia.transcripts,
            "openai": self.openai.transcripts,
        }[self.ears]
        heard.clear()
        heard.append(QUESTION)
        self.openai.answers.clear()
        self.openai.answers.extend(answers)

    def troubles(self, bot_id: str) -> list[Problem]:
        return [e.problem for e in self.events if isinstance(e, BotProblem) and e.bot_id == bot_id]


@pytest.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for name in ("LLM_API_KEY", "LLM_MODEL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    for module, name in ((build, "make_services"), (assembly, "watch_service")):
        monkeypatch.setattr(module, name, partial(getattr(module, name), patience=SHORT))
    paths = Paths.inside(tmp_path / "home")
    for key, text in (("quiet", QUIET_PERSONA), ("cloud", CLOUD_PERSONA)):
        folder = paths.personas / key
        folder.mkdir(parents=True)
        (folder / "README.md").write_text(text, encoding="utf-8")
    office = Office(Desk(paths))
    async with AsyncExitStack() as stack:
        for vendor in office.vendors():
            await stack.enter_async_context(vendor)
        for name, value in office.environment().items():
            monkeypatch.setenv(name, value)
        await office.desk.open()
        office.desk.bus.subscribe(office.note)
        try:
            yield office
        finally:
            await office.desk.close()


@pytest.mark.parametrize(
    "wish",
    [
        CLOUD,
        SpeechWish(stt="gladia", llm="compatible", tts="openai", llm_model="any"),
        SpeechWish(stt="openai", llm="openai", tts="espeak"),
    ],
    ids=lambda wish: f"{wish.stt}-{wish.llm}-{wish.tts}",
)
async def test_each_service_hears_thinks_and_speaks_in_a_meeting(
    office: Office, wish: SpeechWish
) -> None:
    office.ears = wish.stt
    launch = Launch(PRACTICE_LINK, ("cloud",), greeting=HELLO, speech=wish)
    async with office.meeting(launch) as (bot_id,):
        await office.ask(bot_id, "The plan is simple.")
    heard = [e.text for e in office.events if isinstance(e, LineFinal) and not e.is_bot]
    assert heard == [QUESTION]
    assert office.troubles(bot_id) == []
    asked = [r.body for r in office.openai.requests if r.path == "/v1/chat/completions"]
    assert asked[0]["messages"][-1] == {"role": "user", "content": QUESTION}
    assert asked[0]["model"] == (wish.llm_model or "gpt-4.1")
    if wish.tts == "cartesia":
        assert office.cartesia.texts == [HELLO, "The plan is simple."]
    if wish.tts == "openai":
        spoken = [r.body["input"] for r in office.openai.requests if r.path == "/v1/audio/speech"]
        assert spoken == [HELLO, "The plan is simple."]


TROUBLES = {
    Fault.REFUSED_KEY: (Reason.AUTHENTICATION, "nvalid", "Incorrect API key", "Invalid API key"),
    Fault.RATE_LIMIT: (Reason.RATE_LIMIT, "Too many requests", "Rate limit", "Too many concurrent"),
    Fault.SERVER_ERROR: (Reason.UNAVAILABLE, "unavailable", "overloaded", "unavailable"),
    Fault.DROP: (Reason.CONNECTIVITY, "", "", ""),
    Fault.SILENT: (Reason.TIMEOUT, "", "", ""),
}


@pytest.mark.parametrize("fault", TROUBLES)
async def test_a_vendors_trouble_is_told_in_its_words_and_ends_with_it(
    office: Office, fault: Fault
) -> None:
    reason, *words = TROUBLES[fault]
    launch = Launch(PRACTICE_LINK, ("cloud", "quiet"), greeting="")
    async with office.meeting(launch) as (ada, bea):
        await office.cartesia.until(lambda: office.cartesia.connections == 1)
        await office.deepgram.until(lambda: office.deepgram.connections == 1)

        async def say() -> None:
            await office.desk.say(ada, "One two three four.")

        async def ask() -> None:
            office.script("We have a plan.")
            await office.desk.practice.say(QUESTION)

        for stage, vendor, provoke, expected in (
            (Stage.SPEAK, office.cartesia, say, words[2]),
            (Stage.THINK, office.openai, ask, words[1]),
            (Stage.LISTEN, office.deepgram, ask, words[0]),
        ):
            began = len(office.events)
            vendor.fault = fault
            if fault is not Fault.SILENT:
                vendor.drop()
            await provoke()
            told = await office.until(
                BotProblem,
                lambda e, s=stage: (  # type: ignore[misc]
                    e.problem.stage is s and e.problem.reason is reason and not e.recovered
                ),
                after=began,
            )
            assert told.bot_id == ada
            assert told.problem.sentence
            assert expected in told.problem.vendor_words
            assert office.desk.bots[ada].state is BotState.IN_CALL

            await office.desk.practice.until_quiet(0.6)
            vendor.fault = Fault.NONE
            after = len(office.events)
            await provoke()
            over = await office.until(
                BotProblem,
                lambda e, p=told.problem: e.problem == p and e.recovered,  # type: ignore[misc]
                after=began,
            )
            assert over.bot_id == ada
            text = "One two three four." if stage is Stage.SPEAK else "We have a plan."
            # A question that was held back may be answered just as the next one is asked.
            await office.until(
                LineFinal,
                lambda e, t=text: e.bot_id == ada and e.is_bot and t.startswith(e.text),  # type: ignore[misc]
                after=after,
            )

        assert office.desk.bots[ada].troubles == ()
        await office.desk.say(bea, "I heard nothing of it.")
        await office.line("I heard nothing of it.", bea)
        assert office.troubles(bea) == []


async def test_the_weather_is_looked_up_in_a_meeting(office: Office) -> None:
    launch = Launch(PRACTICE_LINK, ("cloud",), greeting="", tools=("weather",))
    async with office.meeting(launch) as (bot_id,):
        await office.ask(bot_id, ToolCall("weather", {"place": "Lisbon"}), "It is 21 degrees.")
    used = await office.until(ToolCalled)
    assert (used.bot_id, used.tool, used.ok) == (bot_id, "weather", True)
    assert [r.path for r in office.wttr.requests] == ["/Lisbon"]
    first, second = (r.body for r in office.openai.requests)
    assert [t["function"]["name"] for t in first["tools"]] == ["weather"]
    assert '"temperature_c": 21' in second["messages"][-1]["content"]


async def test_a_tool_switched_off_for_a_launch_is_not_offered(office: Office) -> None:
    launch = Launch(PRACTICE_LINK, ("cloud",), greeting="", tools=())
    async with office.meeting(launch) as (bot_id,):
        await office.ask(bot_id, "I cannot look outside.")
    assert [r.body.get("tools") for r in office.openai.requests] == [None]
