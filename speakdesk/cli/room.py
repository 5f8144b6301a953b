"""`speakdesk room`: the practice room's server alone, for any MeetingBaas v2 client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from speakdesk.app.practice import run_room
from speakdesk.domain.incidents import Incidents


def run(port: int, incidents: Incidents, say: Sequence[str], wav: Sequence[Path], key: str) -> int:
    """Serve until Ctrl+C; the first line on stdout is the base URL."""
    for path in wav:
        if not path.is_file():
            raise typer.BadParameter(f"there is no file {path}", param_hint="--wav")

    def announce(line: str) -> None:
        print(line, flush=True)

    try:
        asyncio.run(
            run_room(
                port=port,
                incidents=incidents,
                say=list(say),
                wav=list(wav),
                api_key=key,
                announce=announce,
            )
        )
    except KeyboardInterrupt:
        print("The room is closed.", file=sys.stderr)
    return 0
