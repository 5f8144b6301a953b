"""`speakdesk launch`: bots into a real meeting, followed until the last one has left."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from speakdesk.app.desk import Desk
from speakdesk.app.start import open_logs
from speakdesk.cli.output import (
    READER_GONE,
    EventPrinter,
    Reader,
    claim_stdout,
    print_problem,
)
from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import LinkError, PersonaError, SpeakDeskError
from speakdesk.domain.events import BotStateChanged, Event
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import Platform, parse_link
from speakdesk.domain.persona import Persona

BAD_ARGUMENTS = 2
PROMPT_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    meeting_url: str
    personas: tuple[str, ...]
    count: int
    provider: str
    port: int | None
    websocket_url: str
    as_json: bool


def choose(
    library: Sequence[Persona], wanted: Sequence[str], count: int, chance: random.Random
) -> tuple[str, ...]:
    """The personas asked for in their order, then others at random, none twice while there are any.

    `count` 0 means as many as were asked for, at least one.
    """
    count = count or max(1, len(wanted))
    chosen = list(wanted[:count])
    while len(chosen) < count and library:
        rest = [p.key for p in library if p.key not in chosen]
        chosen.append(chance.choice(rest or [p.key for p in library]))
    return tuple(chosen)


def run(options: Options) -> int:
    """Send the bots and stay until they have left; returns the exit status."""
    return asyncio.run(_run(options))


async def _run(options: Options) -> int:
    reader = Reader()
    printer = EventPrinter(reader, claim_stdout() if options.as_json else None)
    desk = Desk()
    open_logs(desk, to_stderr="WARNING")
    ended = asyncio.Event()

    def show(event: Event) -> None:
        printer.show(event)
        if isinstance(event, BotStateChanged) and desk.live_count == 0:
            ended.set()

    try:
        try:
            link = parse_link(options.meeting_url)
        except LinkError as e:
            print_problem(e.problem)
            return BAD_ARGUMENTS
        await desk.open()
        try:
            wanted = tuple(desk.personas.get(key).key for key in options.personas)
        except PersonaError as e:
            print_problem(e.problem)
            return BAD_ARGUMENTS
        if options.port is not None:
            desk.listen_on(options.port)
        desk.bus.subscribe(show)
        personas = choose(desk.personas.all(), wanted, options.count, random.SystemRandom())
        provider = options.provider or (
            "practice" if link.platform is Platform.PRACTICE else "meetingbaas"
        )
        launch = Launch(link, personas, provider=provider, websocket_url=options.websocket_url)
        if provider not in (known := [info.key for info in desk.providers()]):
            choices = ", ".join(known)
            print(f"There is no provider {provider!r}. Choose one of: {choices}.", file=sys.stderr)
            return BAD_ARGUMENTS
        _introduce(desk, personas)
        await desk.launch(launch)
        again = _on_enter(desk, launch) if sys.stdin.isatty() and not options.as_json else None
        try:
            while desk.live_count:
                ended.clear()
                if desk.live_count:
                    await ended.wait()
        finally:
            if again is not None:
                again.cancel()
        failed = [b for b in desk.bots.values() if b.state is BotState.FAILED]
        for bot in failed:
            if bot.problem is not None:
                print_problem(replace(bot.problem, sentence=f"{bot.name}: {bot.problem.sentence}"))
        return 1 if failed else 0
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


def _introduce(desk: Desk, personas: Sequence[str]) -> None:
    for key in personas:
        persona = desk.personas.get(key)
        prompt = " ".join(persona.prompt.split())
        shown = prompt if len(prompt) <= PROMPT_SHOWN else f"{prompt[: PROMPT_SHOWN - 1]}…"
        print(f"{persona.name} ({key}): {shown}", file=sys.stderr)
        print(f"    {desk.plan_sentence(desk.plan(key))}", file=sys.stderr)


def _on_enter(desk: Desk, launch: Launch) -> asyncio.Task[None]:
    """Send the same again with every Enter."""
    loop = asyncio.get_running_loop()
    pressed: asyncio.Queue[None] = asyncio.Queue()

    def read() -> None:
        # A daemon thread: a blocked read of the terminal must not hold up the end.
        for _ in sys.stdin:
            loop.call_soon_threadsafe(pressed.put_nowait, None)

    async def send_again() -> None:
        while True:
            await pressed.get()
            try:
                await desk.launch(launch)
            except SpeakDeskError as e:
                print_problem(e.problem)

    threading.Thread(target=read, name="terminal", daemon=True).start()
    print("Enter sends the same again; Ctrl+C lets all of them leave.", file=sys.stderr)
    return asyncio.create_task(send_again(), name="send again")
