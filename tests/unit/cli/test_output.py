"""What the terminal prints, and what it does where nobody reads it."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import Iterator

import pytest

from speakdesk.cli.output import EventPrinter, MeetingView, Reader, claim_stdout, print_json
from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.events import (
    BotProblem,
    BotStateChanged,
    BotStatusChanged,
    LineFinal,
    LogLine,
    TunnelState,
)

LINE = LineFinal(bot_id="b", line_id="l", speaker="Zoë [x]", text="你好 [red]", is_bot=True)


async def test_a_closed_pipe_ends_the_task_once_and_in_order() -> None:
    read, write = os.pipe()
    os.close(read)
    ended: list[str] = []

    async def work() -> int:
        reader = Reader()
        with os.fdopen(write, "w", encoding="utf-8", buffering=1) as stdout:
            printer = EventPrinter(reader, stdout)
            try:
                printer.show(LINE)
                printer.show(LINE)
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                assert reader.is_gone
                reader.forgive()
                await asyncio.sleep(0)
                ended.append("in order")
        return 141

    # What could not be written is dropped when the stream is closed.
    with pytest.raises(BrokenPipeError):
        await asyncio.create_task(work())
    assert ended == ["in order"]


@pytest.fixture
def loose_stdout() -> Iterator[None]:
    """File descriptor 1 is put back where it was."""
    own = os.dup(1)
    yield
    os.dup2(own, 1)
    os.close(own)


@pytest.mark.usefixtures("loose_stdout")
def test_a_claimed_stdout_is_the_caller_s_alone_and_closed_at_the_end() -> None:
    read, write = os.pipe()
    os.dup2(write, 1)
    os.close(write)
    with claim_stdout(True) as stdout:
        assert stdout is not None
        os.write(1, b"noise of a library\n")
        print_json({"a": 1}, stdout)
    assert stdout.closed
    with os.fdopen(read, "rb") as reader:
        # It ends: nobody holds the other side any more.
        assert reader.read() == b'{"a": 1}\n'


@pytest.mark.usefixtures("loose_stdout")
def test_a_claimed_stdout_that_nobody_reads_is_closed_too() -> None:
    read, write = os.pipe()
    os.dup2(write, 1)
    os.close(write)
    with claim_stdout(True) as stdout:
        assert stdout is not None
        os.close(read)
        with pytest.raises(BrokenPipeError):
            print_json({"a": 1}, stdout)
    assert stdout.closed


def test_stdout_is_not_claimed_where_a_person_reads() -> None:
    with claim_stdout(False) as stdout:
        assert stdout is None


async def test_a_person_reads_words_and_no_log(capsys: pytest.CaptureFixture[str]) -> None:
    printer = EventPrinter(Reader(), None)
    printer.show(LINE)
    printer.show(LogLine(level="info", source="app", text="noise"))
    shown = capsys.readouterr().out
    assert "Zoë [x]" in shown
    assert "你好 [red]" in shown
    assert "noise" not in shown


async def test_a_program_reads_one_json_value_a_line() -> None:
    stdout = io.StringIO()
    EventPrinter(Reader(), stdout).show(LINE)
    (line,) = stdout.getvalue().splitlines()
    assert json.loads(line)["text"] == "你好 [red]"


def test_the_provider_s_word_within_a_state_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = MeetingView()

    def move(state: BotState) -> None:
        view.show(BotStateChanged(bot_id="b1", name="Ada", state=state))

    def word(state: BotState, raw: str) -> None:
        view.show(BotStatusChanged(bot_id="b1", state=state, provider_status=raw))

    move(BotState.JOINING)
    word(BotState.JOINING, "queued")
    word(BotState.JOINING, "queued")
    move(BotState.IN_CALL)
    word(BotState.IN_CALL, "in_call_recording")
    word(BotState.IN_CALL, "dreaming_of_sheep")
    told = [line.split(" · ")[1] for line in capsys.readouterr().err.splitlines()]
    assert told == ["joining", "joining (queued)", "in call", "in call (dreaming of sheep)"]


def test_a_trouble_says_whose_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    view = MeetingView()
    view.show(BotStateChanged(bot_id="b1", name="Ada", state=BotState.JOINING, previous=None))
    view.show(BotProblem(bot_id="b1", problem=Problem(Stage.CALL, Reason.TIMEOUT, "It is mute.")))
    assert "Ada: It is mute." in capsys.readouterr().err


def test_the_way_in_is_followed_from_its_opening_to_its_proof(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = MeetingView()
    for state in ("fetching", "fetching", "opening", "checking", "checking", "open", "closed"):
        url = "https://desk.example.com" if state in ("checking", "open") else ""
        view.show(TunnelState(state=state, public_url=url, fraction=0.5))
    told = [line.split(" · ")[1] for line in capsys.readouterr().err.splitlines()]
    assert told == [
        "opening",
        "asking from outside, through https://desk.example.com",
        "open at https://desk.example.com, reached from outside",
        "closed",
    ]
