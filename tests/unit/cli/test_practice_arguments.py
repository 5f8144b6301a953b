"""What the command line means."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from speakdesk.app.rehearsal import Turn
from speakdesk.cli.practice import parse_tools, turns_in_order


def test_turns_keep_the_order_of_the_command_line(tmp_path: Path) -> None:
    wav = tmp_path / "b.wav"
    wav.touch()
    arguments = ["--say", "a", "--wav", str(wav), "--say=c", "--persona", "x"]
    assert turns_in_order(arguments, ["a", "c"], [wav]) == (
        Turn(text="a"),
        Turn(wav=wav),
        Turn(text="c"),
    )


def test_empty_turns_are_left_out() -> None:
    assert turns_in_order(["--say", " "], [" "], []) == ()


def test_a_sound_file_that_is_not_there_is_a_bad_argument(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="no file"):
        turns_in_order([], [], [tmp_path / "none.wav"])


@pytest.mark.parametrize(
    ("text", "tools"),
    [(None, None), ("none", ()), ("", ()), ("weather,time", ("weather", "time"))],
)
def test_tools(text: str | None, tools: tuple[str, ...] | None) -> None:
    assert parse_tools(text) == tools


def test_an_unknown_tool_is_a_bad_argument() -> None:
    with pytest.raises(typer.BadParameter, match="teleport"):
        parse_tools("teleport")
