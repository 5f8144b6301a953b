"""`--flight FILE` of the commands that send bots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FlightFile = Annotated[
    Path | None,
    typer.Option(
        "--flight",
        help=(
            "Record the meeting here (.speakdesk): both sides' sound, words, events, log; no "
            "keys. Of several bots the others go into FILE-2, FILE-3 …"
        ),
        metavar="FILE",
    ),
]
NoFlight = Annotated[
    bool, typer.Option("--no-flight", help="Record nothing, whatever the settings say.")
]


def flight_wish(file: Path | None, is_off: bool) -> bool | None:
    """What the two options ask for; None leaves it to the settings.

    Raises typer.BadParameter where they contradict each other or the file cannot be made.
    """
    if file is None:
        return False if is_off else None
    if is_off:
        raise typer.BadParameter("--flight and --no-flight contradict each other")
    if file.exists():
        raise typer.BadParameter(f"{file} exists already", param_hint="--flight")
    if not file.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {file.parent}", param_hint="--flight")
    return True
