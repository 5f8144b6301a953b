"""How a command ends: its status, whatever stopped it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

INTERRUPTED = 130
READER_GONE = 141

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]


def finish(command: Callable[[], int]) -> NoReturn:
    """Run a command's work and end with its status: 130 after Ctrl+C, 141 where nobody reads."""
    try:
        status = command()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = READER_GONE
    raise typer.Exit(status)
