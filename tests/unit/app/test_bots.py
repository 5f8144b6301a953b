"""A bot's life as the desk supervises it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field

import pytest

from speakdesk.app.bots import following, presence
from speakdesk.app.bots.order import BotOrder, Surroundings
from speakdesk.app.bots.run import BotRun
from speakdesk.app.way_in import Way
from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.clock import SystemClock
from speakdesk.domain.errors import Problem, Reason, SpeechError, Stage
from speakdesk.domain.events import (
    BotEvidence,
    BotProblem,
    BotStateChanged,
    Event,
    LineFinal,
    RosterChanged,
    TurnTimed,
)
from speakdesk.gateway.door import Door
from speakdesk.pipeline.contract import VoiceOrder
from speakdesk.providers.base import ProviderStatus
from tests.standins.desk import (
    ADA,
    KEYS,
    LINK,
    PLAN,
    FakeSocket,
    ScriptedProvider,
    ScriptedVoice,
    Seen,
    provider_error,
)

IN_CALL = ProviderStatus("in_call_recording", BotState.IN_CALL)


@dataclass
class OneBot:
    """One bot on a bare stage."""

    provider: ScriptedProvider
    seen: Seen
    door: Door
    voices: list[ScriptedVoice] = field(default_factory=list)
    start_error: Exception | None = None
    noted: list[tuple[str, ...]] = field(default_factory=list)
    run: BotRun | None = None
    task: asyncio.Task[None] | None = None

    def begin(self) -> BotRun:
        order = BotOrder(
            "b1", "Ada", ADA, LINK, "m1", self.provider, PLAN, 16000, "Hello.", (), KEYS
        )

        async def make(order: VoiceOrder, emit: Callable[[Event], None]) -> ScriptedVoice:
            voice = ScriptedVoice(order, emit)
            voice.start_error = self.start_error
            self.voices.append(voice)
            return voice

        def way_in() -> AbstractAsyncContextManager[Way]:
            return nullcontext(Way("ws://127.0.0.1:1"))

        noted = self.noted.append
        around = Surroundings(
            self.seen, self.door, way_in, make, SystemClock(), lambda *ids: noted(ids)
        )
        self.run = BotRun(order, around)
        self.task = asyncio.create_task(self.run.run())
        return self.run

    async def in_call(self) -> BotRun:
        self.provider.now = IN_CALL
        run = self.begin()
        await self.seen.state(BotState.IN_CALL)
        return run

    async def dial(self) -> FakeSocket:
        _, _, bot_id, secret = self.provider.requests[0].streaming_url.split("1:1")[1].split("/")
        on_socket = self.door.admit(bot_id, secret)
        assert on_socket is not None
        socket = FakeSocket()
        task = asyncio.create_task(on_socket(socket))  # type: ignore[arg-type]
        self.dialled = task
        await self.seen.until(
            lambda e: isinstance(e, BotEvidence) and e.evidence is Evidence.DIALLED_IN
        )
        return socket

    def problems(self) -> list[BotProblem]:
        return [e for e in self.seen.events if isinstance(e, BotProblem)]


@pytest.fixture
async def stage() -> AsyncIterator[OneBot]:
    stage = OneBot(ScriptedProvider(), Seen(), Door())
    yield stage
    if stage.run is not None and stage.task is not None:
        stage.run.leave()
        await asyncio.wait_for(stage.task, 10)
        await stage.run.rest()


async def test_greets_only_after_admission(stage: OneBot) -> None:
    stage.provider.now = ProviderStatus("in_waiting_room", BotState.LOBBY)
    stage.begin()
    await stage.seen.state(BotState.LOBBY)
    assert stage.voices[0].admissions == 0
    stage.provider.now = IN_CALL
    await stage.seen.state(BotState.IN_CALL)
    assert stage.voices[0].admissions == 1


async def test_the_first_roster_admits_as_the_status_does(stage: OneBot) -> None:
    run = stage.begin()
    await stage.seen.state(BotState.JOINING)
    stage.voices[0].emit(RosterChanged(bot_id="b1", names=("You", "Ada")))
    await stage.seen.state(BotState.IN_CALL)
    assert Evidence.ADMITTED in {m.evidence for m in run.view.marks}


async def test_states_and_evidence_come_in_order_and_are_never_assumed(stage: OneBot) -> None:
    run = await stage.in_call()
    assert [m.evidence for m in run.view.marks] == [Evidence.ACCEPTED, Evidence.ADMITTED]
    assert stage.noted == [("b1", "remote-1")]
    await stage.dial()
    assert Evidence.DIALLED_IN in {m.evidence for m in run.view.marks}
    assert Evidence.HEARD not in {m.evidence for m in run.view.marks}
    states = [e.state for e in stage.seen.events if isinstance(e, BotStateChanged)]
    assert states == [BotState.PREPARING, BotState.JOINING, BotState.IN_CALL]


async def test_leaving_tells_the_provider_and_ends(stage: OneBot) -> None:
    run = await stage.in_call()
    run.leave()
    await stage.seen.state(BotState.ENDED)
    assert stage.provider.left == ["remote-1"]
    assert stage.voices[0].stopped
    assert stage.door.admit("b1", "whatever") is None


async def test_leaving_while_the_provider_still_creates_leaves_no_bot_behind(
    stage: OneBot,
) -> None:
    stage.provider.create_gate = asyncio.Event()
    run = stage.begin()
    await stage.provider.created.wait()
    run.leave()
    await asyncio.sleep(0)
    stage.provider.create_gate.set()
    await stage.seen.state(BotState.ENDED)
    assert stage.provider.left == ["remote-1"]


async def test_leaving_while_the_provider_refuses_is_an_end_and_no_failure(
    stage: OneBot,
) -> None:
    stage.provider.create_gate = asyncio.Event()
    stage.provider.create_error = provider_error()
    run = stage.begin()
    await stage.provider.created.wait()
    run.leave()
    stage.provider.create_gate.set()
    await stage.seen.state(BotState.ENDED)
    assert stage.provider.left == []


async def test_a_bot_that_is_cancelled_while_it_is_created_is_left_as_well(
    stage: OneBot,
) -> None:
    stage.provider.create_gate = asyncio.Event()
    stage.begin()
    await stage.provider.created.wait()
    assert stage.task is not None
    stage.task.cancel()
    await asyncio.sleep(0)
    stage.provider.create_gate.set()
    await stage.seen.state(BotState.ENDED)
    assert stage.provider.left == ["remote-1"]


async def test_a_refused_launch_fails_with_the_providers_words(stage: OneBot) -> None:
    stage.provider.create_error = provider_error(Reason.AUTHENTICATION, "FST_ERR_FORBIDDEN")
    run = stage.begin()
    await stage.seen.state(BotState.FAILED)
    assert run.view.problem is not None
    assert run.view.problem.vendor_words == "FST_ERR_FORBIDDEN"
    assert stage.provider.left == []
    assert stage.voices[0].stopped


async def test_a_voice_that_cannot_start_sends_no_bot(stage: OneBot) -> None:
    stage.start_error = SpeechError(
        Problem(Stage.LISTEN, Reason.MISSING, "There are no ears.", "Get some.")
    )
    run = stage.begin()
    await stage.seen.state(BotState.FAILED)
    assert run.view.cause == "There are no ears."
    assert stage.provider.requests == []


async def test_a_crash_becomes_a_problem_and_the_provider_bot_is_told_to_leave(
    stage: OneBot,
) -> None:
    run = await stage.in_call()

    async def crash(_: str) -> ProviderStatus:
        raise ZeroDivisionError

    stage.provider.status = crash  # type: ignore[method-assign]
    await stage.seen.state(BotState.FAILED)
    assert run.view.problem is not None
    assert run.view.problem.reason is Reason.CRASHED
    assert stage.provider.left == ["remote-1"]


async def test_the_providers_failure_is_shown_and_not_left_twice(stage: OneBot) -> None:
    run = await stage.in_call()
    problem = Problem(Stage.LOBBY, Reason.REFUSED, "The host refused it.", "Ask the host.", "BOT")
    stage.provider.now = ProviderStatus("failed", BotState.FAILED, problem=problem)
    await stage.seen.state(BotState.FAILED)
    assert run.view.problem == problem
    assert stage.provider.left == []


async def test_a_meeting_that_ends_ends_the_bot_with_its_cause(stage: OneBot) -> None:
    run = await stage.in_call()
    stage.provider.now = ProviderStatus("completed", BotState.ENDED, cause="the call ended")
    await stage.seen.state(BotState.ENDED)
    assert run.view.cause == "the call ended"


async def test_a_status_that_cannot_be_had_is_told_once_and_taken_back(
    stage: OneBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LOCAL_CADENCE", following.Cadence(0.001, 0.001))
    run = await stage.in_call()
    stage.provider.now = provider_error()
    await stage.seen.until(lambda e: isinstance(e, BotProblem))
    assert len(run.view.troubles) == 1
    stage.provider.now = IN_CALL
    await stage.seen.until(lambda e: isinstance(e, BotProblem) and e.recovered)
    assert run.view.troubles == ()
    assert run.view.state is BotState.IN_CALL


async def test_audio_that_is_cut_off_is_told_and_the_bot_stays(
    stage: OneBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "DROP_PATIENCE_S", 0.0)
    monkeypatch.setattr(following, "LOCAL_CADENCE", following.Cadence(0.001, 0.001))
    run = await stage.in_call()
    socket = await stage.dial()
    await socket.close()
    await stage.seen.until(lambda e: isinstance(e, BotProblem))
    assert run.view.state is BotState.IN_CALL
    await stage.dial()
    await stage.seen.until(lambda e: isinstance(e, BotProblem) and e.recovered)


async def test_a_leave_that_is_refused_says_that_the_bot_may_still_be_there(
    stage: OneBot,
) -> None:
    stage.provider.leave_error = provider_error(Reason.AUTHENTICATION, "sending only")
    run = await stage.in_call()
    run.leave()
    await stage.seen.state(BotState.ENDED)
    assert any("may still be in the meeting" in e.problem.sentence for e in stage.problems())


async def test_the_view_counts_lines_and_shows_the_last_answer(stage: OneBot) -> None:
    run = await stage.in_call()
    voice = stage.voices[0]
    voice.emit(LineFinal(bot_id="b1", line_id="1", speaker="You", text="Hi", is_bot=False))
    voice.emit(TurnTimed(bot_id="b1", turn=1, total_ms=812.0))
    voice.emit(RosterChanged(bot_id="b1", names=("You", "Ada"), speaking=("Ada",)))
    assert run.view.line_count == 1
    assert run.view.last_answer_ms == 812.0
    assert run.view.is_speaking


async def test_it_says_nothing_before_it_is_in_the_call(stage: OneBot) -> None:
    run = stage.begin()
    await stage.seen.state(BotState.JOINING)
    await run.say("too early")
    assert stage.voices[0].said == []
