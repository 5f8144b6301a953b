"""`speakdesk replay`: a recording through today's pipeline, then and now side by side."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from speakdesk.app.flight.replay import (
    FASTEST,
    Cast,
    Replay,
    ReplayServices,
    ReplayWish,
    cast_for,
    replay,
)
from speakdesk.app.flight.replay_turns import Boundary, Part, ReplayTurn, TurnPair
from speakdesk.cli.flight_times import clock
from speakdesk.cli.output import print_json, print_problem
from speakdesk.cli.personas_library import printable
from speakdesk.domain.errors import SpeakDeskError

if TYPE_CHECKING:
    from collections.abc import Callable

    from speakdesk.domain.events import TurnTimed

NOT_REPLAYED = 2
_USUAL = 0.0
_STAGES = (
    ("decided", "turn_decided_ms"),
    ("words", "transcript_ms"),
    ("token", "first_token_ms"),
    ("sound", "first_audio_ms"),
    ("wire", "on_wire_ms"),
    ("in all", "total_ms"),
)


def run(
    path: Path, speed: str, services: str, as_json: bool, is_test: bool, tolerance_s: float
) -> int:
    """Replay and print; returns the exit status."""
    wish = ReplayWish(_services(services), _speed(speed), tolerance_s)
    try:
        cast = asyncio.run(cast_for(path, wish.services))
        for remark in cast.remarks:
            print(printable(remark), file=sys.stderr)
        found = _replay(path, cast, wish)
    except SpeakDeskError as e:
        print_problem(e.problem)
        return NOT_REPLAYED
    for remark in found.remarks[len(cast.remarks) :]:
        print(printable(remark), file=sys.stderr)
    if as_json:
        for pair in found.to_json():
            print_json(pair)
    else:
        _print_turns(found)
    _print_verdict(found)
    return 1 if is_test and found.differences else 0


def _speed(text: str) -> float | None:
    """`max` is None. Raises typer.BadParameter."""
    wanted = text.strip().lower()
    if not wanted:
        return _USUAL
    if wanted == "max":
        return None
    try:
        speed = float(wanted.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 0.1 <= speed <= FASTEST:
        raise typer.BadParameter(
            f"{text!r} is no speed; write a number from 0.1 to {FASTEST:.0f}, or max",
            param_hint="--speed",
        )
    return speed


def _services(text: str) -> ReplayServices:
    try:
        return ReplayServices(text.strip().lower())
    except ValueError:
        known = ", ".join(ReplayServices)
        raise typer.BadParameter(
            f"there are no services {text!r}; there are {known}", param_hint="--services"
        ) from None


def _replay(path: Path, cast: Cast, wish: ReplayWish) -> Replay:
    with _progress(path.name) as show:
        return replay(path, cast, wish, show)


@contextmanager
def _progress(name: str) -> Iterator[Callable[[float], None] | None]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"Replaying {printable(name)}", total=1.0)
        yield lambda fraction: bar.update(task, completed=fraction)


# -- what is printed -------------------------------------------------------------------------------


def _print_turns(found: Replay) -> None:
    if not found.pairs:
        print("Nobody said anything, then or now.")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("Turn", "Who", "Then", "Now"):
        table.add_column(name, no_wrap=True, style="" if name == "Who" else "dim")
    table.add_column("Words", overflow="fold")
    for pair in found.pairs:
        _add_pair(table, pair)
    console = Console(highlight=False)
    console.print(table)
    _print_timing(console, found.pairs)


def _add_pair(table: Table, pair: TurnPair) -> None:
    number = str(pair.number)
    is_whole_turn = any(d.what is Boundary.TURN for d in pair.differences)
    for which, what in (("person", Boundary.PERSON), ("bot", Boundary.BOT)):
        old, new = _part_of(pair.old, which), _part_of(pair.new, which)
        if old is None and new is None:
            continue
        is_other = is_whole_turn or any(d.what.startswith(what[:8]) for d in pair.differences)
        style = "yellow" if is_other else ""
        who = ", ".join((old or new or Part(0, 0, "")).speakers)
        table.add_row(
            number,
            Text(printable(who)),
            Text(_span(old), style=style),
            Text(_span(new), style=style),
            _words(old, new),
        )
        number = ""


def _part_of(turn: ReplayTurn | None, which: str) -> Part | None:
    if turn is None:
        return None
    return turn.person if which == "person" else turn.bot


def _span(part: Part | None) -> str:
    if part is None:
        return "—"
    cut = " cut" if part.interrupted else ""
    return f"{clock(part.start_s)} to {clock(part.stop_s)}{cut}"


def _words(old: Part | None, new: Part | None) -> Text:
    before = printable(old.text) if old is not None else ""
    after = printable(new.text) if new is not None else ""
    if before == after:
        return Text(before)
    return Text(f"then: {before or '—'}\nnow:  {after or '—'}")


def _print_timing(console: Console, pairs: Iterable[TurnPair]) -> None:
    """How long each stage of the answers took, in seconds, then and now."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Turn", style="dim", no_wrap=True)
    for name, _ in _STAGES:
        table.add_column(name.capitalize(), no_wrap=True)
    for pair in pairs:
        old = pair.old.timing if pair.old else None
        new = pair.new.timing if pair.new else None
        if old is not None or new is not None:
            cells = (f"{_seconds(old, field)} → {_seconds(new, field)}" for _, field in _STAGES)
            table.add_row(str(pair.number), *cells)
    if table.row_count:
        console.print()
        console.print("Answers, in seconds: then → now", style="dim")
        console.print(table)


def _seconds(timing: TurnTimed | None, field: str) -> str:
    ms = None if timing is None else getattr(timing, field)
    return "—" if ms is None else f"{ms / 1000:.2f}"


def _print_verdict(found: Replay) -> None:
    turns = f"{len(found.pairs)} turn{'' if len(found.pairs) == 1 else 's'}"
    within = f"(tolerance {found.tolerance_s:g} s)"
    if not found.differences:
        print(f"{turns}, the same as in the recording {within}.", file=sys.stderr)
        return
    print(f"{turns}, not as in the recording {within}:", file=sys.stderr)
    for difference in found.differences:
        where = clock(difference.at_s)
        print(f"  turn {difference.turn} at {where}: {difference.sentence}.", file=sys.stderr)
