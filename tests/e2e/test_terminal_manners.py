"""The terminal's manners: closed pipes, taken ports, wrong names, meetings that end early."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

from tests.e2e.conftest import ROOT, Speakdesk, environment


def test_a_reader_that_goes_ends_the_meeting_quietly(speakdesk: Speakdesk) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "speakdesk", "practice", "--json", "--say", "What is your name?"],
        cwd=ROOT,
        env=environment(speakdesk.home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert program.stdout is not None
        assert program.stderr is not None
        while '"in_call"' not in (line := program.stdout.readline()):
            assert line, program.stderr.read()
        program.stdout.close()
        errors = program.stderr.read()
        assert program.wait(60) == 141
        assert errors == ""
        program.stderr.close()
    finally:
        program.kill()
        program.wait(10)
    (meeting,) = speakdesk.json("history", "list")
    shown = speakdesk.json("history", "show", meeting["id"])
    assert [bot["state"] for bot in shown["bots"]] == ["ended"]


def test_a_taken_port_is_one_sentence(speakdesk: Speakdesk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = speakdesk.run("room", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "Choose another port" in done.stderr
    assert "Traceback" not in done.stderr


def test_names_that_do_not_exist_are_bad_arguments(speakdesk: Speakdesk) -> None:
    for arguments, words in (
        (("practice", "--stt", "deepgran"), "Choose one of: deepgram"),
        (("launch", "-m", "no link"), "holds no meeting link"),
        (("launch", "-m", "practice://room", "--provider", "none"), "Choose one of: practice"),
    ):
        done = speakdesk.run(*arguments)
        assert done.returncode == 2, arguments
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_a_bot_that_is_removed_is_not_waited_for(speakdesk: Speakdesk) -> None:
    done = speakdesk.run("practice", "--remove-after", "1", "--say", "Hello?", "--json")
    assert done.returncode == 1
    assert "somebody removed it from the meeting" in done.stderr
    states = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["state"] for e in states if e["kind"] == "bot.state"][-1] == "ended"
