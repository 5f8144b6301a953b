"""`speakdesk launch`: bots into a real meeting, followed until the last one has left."""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import replace
from typing import TextIO

from speakdesk.app.desk import Desk
from speakdesk.app.start import open_logs
from speakdesk.app.tasks import spawn
from speakdesk.cli.agent import FetchProgress, asker
from speakdesk.cli.interrupts import run_until_interrupted
from speakdesk.cli.launch_words import Options, choose, launch_from
from speakdesk.cli.output import READER_GONE, EventPrinter, Reader, claim_stdout, print_problem
from speakdesk.cli.terminal import TerminalLines
from speakdesk.cli.until_left import advises, notes_end, tell_failures
from speakdesk.domain.clock import utc_now
from speakdesk.domain.errors import LinkError, PersonaError, Reason, SpeakDeskError
from speakdesk.domain.launch import Launch

__all__ = ["Options", "choose", "run"]

BAD_ARGUMENTS = 2
PROMPT_SHOWN = 100


def run(options: Options) -> int:
    """Send the bots and stay until they have left; returns the exit status."""
    with claim_stdout(options.as_json) as stdout:
        return run_until_interrupted(_run(options, stdout))


async def _run(options: Options, stdout: TextIO | None) -> int:
    reader = Reader()
    printer = EventPrinter(reader, stdout)
    desk = Desk()
    open_logs(desk, to_stderr="ERROR")
    lines = TerminalLines()
    desk.agent_asker = asker(lines)
    try:
        await desk.open()
        if options.port is not None:
            desk.listen_on(options.port)
        launch = await _checked(desk, options)
        if launch is None:
            return BAD_ARGUMENTS
        ended = asyncio.Event()
        desk.bus.subscribe(printer.show)
        desk.bus.subscribe(FetchProgress())
        desk.bus.subscribe(notes_end(desk, ended))
        if not options.as_json:
            desk.bus.subscribe(advises(desk))
        _introduce(desk, launch)
        await desk.launch(launch)
        is_asked = lines.is_person and not options.as_json
        again = spawn(_on_enter(desk, launch, lines), "send again") if is_asked else None
        try:
            await ended.wait()
        finally:
            if again is not None:
                again.cancel()
        return tell_failures(desk)
    except SpeakDeskError as e:
        print_problem(e.problem)
        return BAD_ARGUMENTS if _is_bad_argument(e) else 1
    except asyncio.CancelledError:
        if not reader.is_gone:
            print("All bots are told to leave.", file=sys.stderr, flush=True)
            raise
        reader.forgive()
        return READER_GONE
    finally:
        await desk.close()


async def _checked(desk: Desk, options: Options) -> Launch | None:
    """The launch, checked as a whole; None where a name in it does not exist, which was told."""
    try:
        wanted = tuple(desk.personas.get(key).key for key in options.personas)
    except PersonaError as e:
        print_problem(e.problem)
        return None
    known = [info.key for info in desk.providers()]
    if options.provider and options.provider not in known:
        choices = ", ".join(known)
        print(
            f"There is no provider {options.provider!r}. Choose one of: {choices}.",
            file=sys.stderr,
        )
        return None
    launch = launch_from(
        options,
        desk.personas.all(),
        wanted,
        desk.join_defaults(),
        utc_now(),
        random.SystemRandom(),
    )
    await desk.check_launch(launch)
    return launch


def _is_bad_argument(error: SpeakDeskError) -> bool:
    wrong = (Reason.BAD_INPUT, Reason.UNSUPPORTED)
    return isinstance(error, LinkError) or error.problem.reason in wrong


def _introduce(desk: Desk, launch: Launch) -> None:
    given = {persona.key: persona for persona in launch.given}
    for number, key in enumerate(launch.personas):
        persona = given.get(key) or desk.personas.get(key)
        name = launch.names[number] if number < len(launch.names) else persona.name
        prompt = " ".join(persona.prompt.split())
        shown = prompt if len(prompt) <= PROMPT_SHOWN else f"{prompt[: PROMPT_SHOWN - 1]}…"
        whose = "" if persona.is_temporary else f" ({key})"
        _say(f"{name or persona.name}{whose}: {shown}")
        plan = desk.plan(persona, launch.speech)
        _say(f"    {desk.plan_sentence(plan)}")
        for warning in plan.warnings:
            _say(f"    {warning}")
    if launch.add_recorder:
        _say("A bot that only joins and records comes as well.")


async def _on_enter(desk: Desk, launch: Launch, lines: TerminalLines) -> None:
    """Send the same again with every Enter."""
    _say("Enter sends the same again; Ctrl+C lets all of them leave.")
    again = replace(launch, join_at=None)
    while True:
        await lines.line()
        try:
            await desk.launch(again)
        except SpeakDeskError as e:
            print_problem(e.problem)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
