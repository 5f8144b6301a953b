"""`speakdesk practice`: a practice meeting in the terminal."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import typer

from speakdesk.app.desk import Desk
from speakdesk.app.offers import is_service
from speakdesk.app.rehearsal import Rehearsal, Turn
from speakdesk.app.start import open_logs
from speakdesk.cli.launch_words import given_personas
from speakdesk.cli.output import (
    READER_GONE,
    EventPrinter,
    Reader,
    claim_stdout,
    print_problem,
)
from speakdesk.domain.errors import PersonaError, Reason, SpeakDeskError
from speakdesk.domain.incidents import Incidents
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Role, SpeechWish

BAD_ARGUMENTS = 2


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    personas: tuple[str, ...]
    turns: tuple[Turn, ...]
    prompt: str | None = None
    language: str = ""
    name: str = ""
    incidents: Incidents = field(default_factory=Incidents)
    record: Path | None = None
    tools: tuple[str, ...] | None = None
    stt: str = ""
    llm: str = ""
    tts: str = ""
    chat: bool = False
    flight: bool | None = None
    flight_file: Path | None = None
    as_json: bool = False

    @property
    def services(self) -> tuple[tuple[Role, str], ...]:
        """The services named on the command line."""
        named = ((Role.STT, self.stt), (Role.LLM, self.llm), (Role.TTS, self.tts))
        return tuple((role, name) for role, name in named if name)


def turns_in_order(
    arguments: Sequence[str], say: Sequence[str], wav: Sequence[Path]
) -> tuple[Turn, ...]:
    """The `--say` and `--wav` turns in the order in which they stand on the command line.

    Raises typer.BadParameter where a sound file is not there.
    """
    for path in wav:
        if not path.is_file():
            raise typer.BadParameter(f"there is no file {path}", param_hint="--wav")
    texts, files = iter(say), iter(wav)
    turns: list[Turn] = []
    for argument in arguments:
        name = argument.partition("=")[0]
        if name == "--say":
            turns.append(Turn(text=next(texts, "")))
        elif name == "--wav":
            turns.append(Turn(wav=next(files, None)))
    turns = [t for t in turns if t.text.strip() or t.wav is not None]
    turns += [Turn(text=text) for text in texts if text.strip()]
    turns += [Turn(wav=path) for path in files]
    return tuple(turns)


def parse_tools(text: str | None) -> tuple[str, ...] | None:
    """`weather,time` as names; `none` is an empty tuple. Raises typer.BadParameter."""
    if text is None:
        return None
    names = tuple(n for n in text.replace(",", " ").lower().split() if n != "none")
    unknown = [n for n in names if n not in ("weather", "time")]
    if unknown:
        raise typer.BadParameter(
            f"there is no tool {unknown[0]!r}; there are weather and time", param_hint="--tools"
        )
    return names


def run(options: Options) -> int:
    """Hold the meeting; returns the exit status."""
    with claim_stdout(options.as_json) as stdout:
        return asyncio.run(_run(options, stdout))


async def _run(options: Options, stdout: TextIO | None) -> int:
    reader = Reader()
    printer = EventPrinter(reader, stdout)
    desk = Desk()
    open_logs(desk, to_stderr="WARNING")

    try:
        await desk.open()
        given = given_personas(options.prompt, options.language)
        wanted = options.personas or (() if given else desk.default_personas())
        try:
            for key in wanted:
                desk.personas.get(key)
        except PersonaError as e:
            print_problem(e.problem)
            return BAD_ARGUMENTS
        unsubscribe = desk.bus.subscribe(printer.show)
        launch = Launch(
            meeting=PRACTICE_LINK,
            personas=(*(persona.key for persona in given), *wanted),
            names=(options.name,) if options.name else (),
            given=given,
            tools=options.tools,
            speech=SpeechWish(stt=options.stt, llm=options.llm, tts=options.tts),
            flight=options.flight,
            flight_file=options.flight_file,
        )
        desk.practice.arrange(options.incidents)
        if options.record is not None:
            await desk.practice.record(options.record)
        everyone: tuple[Persona | str, ...] = (*given, *wanted)
        plans = [desk.plan(one, launch.speech) for one in everyone]
        if any(not is_service(role, name) for role, name in options.services):
            print(" ".join(plans[0].missing), file=sys.stderr)
            return BAD_ARGUMENTS
        if not options.as_json:
            for plan in plans:
                print(desk.plan_sentence(plan), file=sys.stderr)
                for warning in plan.warnings:
                    print(warning, file=sys.stderr)
        turns = _typed(options.turns) if options.chat else _scripted(options.turns)
        try:
            await Rehearsal(desk).run(
                launch, turns, on_ready=_invite if options.chat and sys.stdin.isatty() else None
            )
        finally:
            unsubscribe()
    except SpeakDeskError as e:
        print_problem(e.problem)
        return BAD_ARGUMENTS if e.problem.reason is Reason.BAD_INPUT else 1
    except asyncio.CancelledError:
        if not reader.is_gone:
            raise
        reader.forgive()
        return READER_GONE
    finally:
        await desk.close()
    return 0


def _invite() -> None:
    print("Type a line and press Enter; Ctrl+D ends the meeting.", file=sys.stderr)


async def _scripted(turns: Sequence[Turn]) -> AsyncIterator[Turn]:
    for turn in turns:
        yield turn


async def _typed(first: Sequence[Turn]) -> AsyncIterator[Turn]:
    for turn in first:
        yield turn
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        # A daemon thread: a blocked read of the terminal must not hold up the end.
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, name="terminal", daemon=True).start()
    while line := await lines.get():
        if line.strip():
            yield Turn(text=line.strip())
