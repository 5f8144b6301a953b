"""The terminal asks about ngrok's program: yes, no, a path; and who gets which typed line."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import pytest

from speakdesk.cli.agent import AgentQuestion, FetchProgress, asker
from speakdesk.cli.terminal import TerminalLines
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.events import Notice, TunnelState
from speakdesk.domain.tunnel import AgentAnswer, AgentOffer

OFFER = AgentOffer("https://bin.example.com/ngrok.tgz", "/home/me/ngrok", 9_400_000)


@contextmanager
def typing() -> Iterator[tuple[TextIO, TextIO]]:
    """A pipe: what is written to the one end is typed at the other."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "r") as stdin, os.fdopen(writing, "w", buffering=1) as keys:
        try:
            yield stdin, keys
        finally:
            # A reader must not be left on a pipe that is closed under it.
            keys.close()
            for thread in threading.enumerate():
                if thread.name == "terminal":
                    thread.join(10)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("y\n", AgentAnswer.fetch()),
        ("YES\n", AgentAnswer.fetch()),
        ("n\n", AgentAnswer.no()),
        ("\n", AgentAnswer.no()),
        (" /opt/ngrok \n", AgentAnswer.use("/opt/ngrok")),
    ],
)
async def test_the_answers(
    typed: str, answer: AgentAnswer, capsys: pytest.CaptureFixture[str]
) -> None:
    with typing() as (stdin, keys):
        keys.write(typed)
        assert await AgentQuestion(TerminalLines(stdin))(OFFER) == answer
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "bin.example.com" in shown.err
    assert "/home/me/ngrok" in shown.err
    assert "9 MB" in shown.err


async def test_the_end_of_input_is_a_no(capsys: pytest.CaptureFixture[str]) -> None:
    with typing() as (stdin, keys):
        lines = TerminalLines(stdin)
        keys.close()
        assert await AgentQuestion(lines)(OFFER) == AgentAnswer.no()
        assert await AgentQuestion(lines)(OFFER) == AgentAnswer.no()


async def test_what_was_wrong_before_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem(Stage.TUNNEL, Reason.BAD_INPUT, "That is no agent.", "Give another path.")
    with typing() as (stdin, keys):
        keys.write("n\n")
        await AgentQuestion(TerminalLines(stdin))(AgentOffer("https://x", "/y", None, problem))
    shown = capsys.readouterr().err
    assert "That is no agent." in shown
    assert "MB" not in shown


async def test_a_question_gets_the_next_line_and_enter_gets_the_others() -> None:
    with typing() as (stdin, keys):
        lines = TerminalLines(stdin)
        question = asyncio.ensure_future(lines.ask("Well?"))
        await asyncio.sleep(0)
        keys.write("an answer\n\n")
        assert await question == "an answer"
        assert await lines.line() == ""
        given_up = asyncio.ensure_future(lines.ask("And now?"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        keys.write("again\n")
        assert await lines.line() == "again"


def test_nobody_at_a_terminal_is_not_asked() -> None:
    with typing() as (stdin, _):
        assert asker(TerminalLines(stdin)) is None


def test_progress_is_shown_in_tenths(capsys: pytest.CaptureFixture[str]) -> None:
    show = FetchProgress()
    show(TunnelState(state="fetching", fraction=0.0))
    for percent in range(101):
        show(TunnelState(state="fetching", fraction=percent / 100))
    show(Notice(level="info", sentence="Else."))
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 11
    assert (shown[0], shown[-1]) == (
        "Fetching the ngrok agent: 0 %",
        "Fetching the ngrok agent: 100 %",
    )
    show(TunnelState(state="opening"))
    show(TunnelState(state="fetching", fraction=0.0))
    assert capsys.readouterr().err.splitlines() == ["Fetching the ngrok agent: 0 %"]
