"""The command line of `speakdesk flight`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speakdesk.cli.ending import Json, finish

flight = typer.Typer(
    help="Recordings of meetings (.speakdesk): what is in them, parts of them.",
    no_args_is_help=True,
)

_File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A recording.", exists=True, dir_okay=False)
]
_Out = Annotated[Path, typer.Option("--out", "-o", help="The new recording.", metavar="OUT")]


@flight.command("info")
def info(file: _File, as_json: Json = False) -> None:
    """What is in a recording: who, when, how long, the lines with their numbers."""
    from speakdesk.cli import flight as command

    finish(lambda: command.info(file, as_json))


@flight.command("cut")
def cut(
    file: _File,
    out: _Out,
    since: Annotated[
        str, typer.Option("--from", help="Where it begins: 12.5 or 1:02.5.", metavar="T")
    ] = "",
    until: Annotated[
        str, typer.Option("--to", help="Where it ends; default: the end.", metavar="T")
    ] = "",
    turn: Annotated[
        int | None, typer.Option("--turn", min=1, help="One turn by its number.", metavar="N")
    ] = None,
) -> None:
    """Cut a part out, as a recording that stands by itself."""
    from speakdesk.cli import flight as command

    finish(lambda: command.cut_out(file, since, until, turn, out))


@flight.command("redact")
def redact(
    file: _File,
    out: _Out,
    names: Annotated[bool, typer.Option("--names", help="Replace people's names.")] = False,
    line: Annotated[
        list[int] | None,
        typer.Option("--line", min=1, help="Take out a line, words and sound.", metavar="N"),
    ] = None,
    silence: Annotated[
        list[str] | None,
        typer.Option("--silence", help="Silence both sides in a span.", metavar="A-B"),
    ] = None,
) -> None:
    """Write a recording again without what must not be told."""
    from speakdesk.cli import flight as command

    finish(lambda: command.take_out(file, names, tuple(line or ()), tuple(silence or ()), out))


@flight.command("verify")
def verify(
    file: _File,
    repair: Annotated[
        Path | None, typer.Option("--repair", help="Write what is whole here.", metavar="OUT")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every record; the exit status is 1 where something is damaged."""
    from speakdesk.cli import flight as command

    finish(lambda: command.verify(file, repair, as_json))
