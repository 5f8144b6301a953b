"""`speakdesk bots resume`: scheduled bots of a session that ended, followed until they leave."""

from __future__ import annotations

import asyncio
import sys
from typing import TextIO

from speakdesk.app.desk import Desk
from speakdesk.app.start import open_logs
from speakdesk.cli.agent import FetchProgress, asker
from speakdesk.cli.interrupts import run_until_interrupted
from speakdesk.cli.output import READER_GONE, EventPrinter, Reader, claim_stdout, print_problem
from speakdesk.cli.terminal import TerminalLines
from speakdesk.cli.until_left import advises, notes_end, tell_failures
from speakdesk.domain.errors import SpeakDeskError


def run(as_json: bool) -> int:
    """Take them up and stay until they have left; returns the exit status."""
    with claim_stdout(as_json) as stdout:
        return run_until_interrupted(_run(stdout))


async def _run(stdout: TextIO | None) -> int:
    reader = Reader()
    printer = EventPrinter(reader, stdout)
    desk = Desk()
    open_logs(desk, to_stderr="ERROR")
    desk.agent_asker = asker(TerminalLines())
    ended = asyncio.Event()
    desk.bus.subscribe(printer.show)
    desk.bus.subscribe(FetchProgress())
    desk.bus.subscribe(notes_end(desk, ended))
    if stdout is None:
        desk.bus.subscribe(advises(desk))
    try:
        await desk.open()
        await desk.leftovers.look()
        if not desk.live_count:
            print("No scheduled bot of an earlier session waits.", file=sys.stderr)
            return 0
        await ended.wait()
        return tell_failures(desk)
    except SpeakDeskError as e:
        print_problem(e.problem)
        return 1
    except asyncio.CancelledError:
        if not reader.is_gone:
            print("All bots are told to leave.", file=sys.stderr, flush=True)
            raise
        reader.forgive()
        return READER_GONE
    finally:
        await desk.close()
