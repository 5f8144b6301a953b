"""The command line of `speakdesk replay`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speakdesk.cli.ending import Json, finish


def replay(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A recording (.speakdesk).", show_default=False)
    ],
    speed: Annotated[
        str,
        typer.Option(
            "--speed",
            help="Times real time, or max; default: max, with current services 1.",
            metavar="N|max",
        ),
    ] = "",
    services: Annotated[
        str,
        typer.Option(
            "--services",
            help=(
                "Who answers: recorded (as it was, no key needed), offline, or current (what the "
                "persona and the settings choose now)."
            ),
            metavar="recorded|offline|current",
        ),
    ] = "recorded",
    as_json: Json = False,
    is_test: Annotated[
        bool,
        typer.Option("--assert", help="Exit with 1 where turns differ by more than the tolerance."),
    ] = False,
    tolerance: Annotated[
        float,
        typer.Option("--tolerance", min=0.0, max=60.0, help="How far a boundary may move, in s."),
    ] = 0.35,
) -> None:
    """Let today's voice live through a recorded meeting, and show what would be different.

    The exit status is 0, with --assert 1 where the turns differ, and 2 where nothing could be
    replayed.
    """
    from speakdesk.cli import replay as command

    finish(lambda: command.run(file, speed, services, as_json, is_test, tolerance))
