"""`speakdesk calendar send`: a bot for an event; one with a voice is followed until it has left."""

from __future__ import annotations

import asyncio
import sys
from typing import TextIO

from speakdesk.app.calendar.sending import EventWish, SendingWay
from speakdesk.app.desk import Desk
from speakdesk.app.start import open_logs
from speakdesk.cli.agent import FetchProgress, asker
from speakdesk.cli.calendar_desk import use_provider
from speakdesk.cli.calendar_words import tell_sent
from speakdesk.cli.interrupts import run_until_interrupted
from speakdesk.cli.output import READER_GONE, EventPrinter, Reader, claim_stdout, print_problem
from speakdesk.cli.terminal import TerminalLines
from speakdesk.cli.until_left import advises, notes_end, tell_failures
from speakdesk.domain.errors import PersonaError, ProviderError, SpeakDeskError

BAD_ARGUMENTS = 2


def run(event: str, wish: EventWish, provider: str, as_json: bool) -> int:
    """Send a bot to an event or its series; returns the exit status."""
    with claim_stdout(as_json) as stdout:
        return run_until_interrupted(_run(event, wish, provider, stdout))


async def _run(event: str, wish: EventWish, provider: str, stdout: TextIO | None) -> int:
    reader = Reader()
    desk = Desk()
    open_logs(desk, to_stderr="ERROR")
    desk.agent_asker = asker(TerminalLines())
    try:
        await desk.open()
        use_provider(desk, provider)
        try:
            desk.calendar.bot_name(wish)
        except PersonaError as e:
            print_problem(e.problem)
            return BAD_ARGUMENTS
        return await _send(desk, event, wish, reader, stdout)
    except SpeakDeskError as e:
        print_problem(e.problem)
        return 1
    except asyncio.CancelledError:
        if not reader.is_gone:
            raise
        reader.forgive()
        return READER_GONE
    finally:
        await desk.close()


async def _send(
    desk: Desk, event: str, wish: EventWish, reader: Reader, stdout: TextIO | None
) -> int:
    entry = await desk.calendar.find(event)
    plan = desk.calendar.plan(entry, wish)
    if plan.problem is not None:
        raise ProviderError(plan.problem)
    print(" ".join((plan.sentence, *plan.must)), file=sys.stderr, flush=True)
    if plan.way is SendingWay.PROVIDER:
        sent = await desk.calendar.send(entry, wish)
        tell_sent(sent, stdout, "sent")
        return 1 if sent.failures else 0
    ended = asyncio.Event()
    desk.bus.subscribe(EventPrinter(reader, stdout).show)
    desk.bus.subscribe(FetchProgress())
    desk.bus.subscribe(notes_end(desk, ended))
    if stdout is None:
        desk.bus.subscribe(advises(desk))
    sent = await desk.calendar.send(entry, wish)
    tell_sent(sent, stdout, "sent")
    await ended.wait()
    return tell_failures(desk) or (1 if sent.failures else 0)
