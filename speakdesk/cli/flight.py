"""`speakdesk flight`: recordings of meetings in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from speakdesk.app.flight.files import (
    FlightFile,
    FlightInfo,
    FlightLine,
    Redaction,
    Span,
    cut,
    info_of,
    redact,
    repair,
    span_of_turn,
    turns_of,
)
from speakdesk.cli.flight_times import clock, parse_seconds, parse_span
from speakdesk.cli.output import print_json
from speakdesk.cli.personas_library import printable
from speakdesk.domain.errors import Reason, StoreError

BAD_ARGUMENTS = 2


def info(path: Path, as_json: bool) -> int:
    """Print what is in a recording; the exit status is 0 also where it is damaged."""
    with FlightFile.open(path) as flight:
        found = info_of(flight)
    if as_json:
        print_json(found.to_json())
    else:
        _print_info(found)
    return 0


def cut_out(path: Path, since: str, until: str, turn: int | None, out: Path) -> int:
    """Write a part of a recording as one of its own."""
    if turn is not None and (since or until):
        raise typer.BadParameter("give either --turn or --from and --to", param_hint="--turn")
    if turn is None and not (since or until):
        raise typer.BadParameter("which part? Give --turn, or --from and --to")
    since_s = parse_seconds(since, "--from") if since else 0.0
    with FlightFile.open(path) as flight:
        until_s = parse_seconds(until, "--to") if until else flight.duration_s
        if until and until_s <= since_s:
            raise typer.BadParameter("the end lies before the beginning", param_hint="--to")
        try:
            span = Span(since_s, until_s) if turn is None else span_of_turn(flight, turn)
            cut(flight, span, out)
        except StoreError as e:
            return _refused(e)
    print(f"{clock(span.since_s)} to {clock(span.until_s)} written to {out}.", file=sys.stderr)
    return 0


def take_out(
    path: Path, names: bool, lines: tuple[int, ...], silences: tuple[str, ...], out: Path
) -> int:
    """Write a recording without names, lines or spans of sound."""
    if not (names or lines or silences):
        raise typer.BadParameter("what is to go? Give --names, --line or --silence")
    spans = tuple(Span(*parse_span(text, "--silence")) for text in silences)
    with FlightFile.open(path) as flight:
        try:
            redact(flight, Redaction(names, frozenset(lines), spans), out)
        except StoreError as e:
            return _refused(e)
    print(f"Written to {out}.", file=sys.stderr)
    if names:
        print(
            "Names are replaced where they are written. What is said aloud is still in the sound: "
            "take those lines out with --line or --silence.",
            file=sys.stderr,
        )
    return 0


def verify(path: Path, repaired: Path | None, as_json: bool) -> int:
    """Check every record; 1 where something is damaged. With `repaired`, write what is whole."""
    with FlightFile.open(path) as flight:
        damage = flight.verify()
        if as_json:
            print_json(
                {
                    "file": str(path),
                    "records": flight.record_count,
                    "ended_in_order": flight.has_ended,
                    "damage": [
                        {
                            "offset": d.offset,
                            "length": d.length,
                            "at_s": round(d.at_s, 3),
                            "what": d.what,
                        }
                        for d in damage
                    ],
                }
            )
        else:
            for one in damage:
                print(f"{clock(one.at_s)}  {one}")
            whole = flight.record_count - sum(1 for d in damage if _is_record(d.what))
            places = "place" if len(damage) == 1 else "places"
            print(f"{whole} whole records, {len(damage)} damaged {places}.")
            if not flight.has_ended:
                print("The recording was cut off: it did not end in order.")
        if repaired is not None:
            try:
                repair(flight, repaired)
            except StoreError as e:
                return _refused(e)
            print(f"What is whole is written to {repaired}.", file=sys.stderr)
    return 1 if damage else 0


def _is_record(what: str) -> bool:
    return "frame" not in what and "inside" not in what and "beginning" not in what


def _refused(error: StoreError) -> int:
    if error.problem.reason is not Reason.BAD_INPUT:
        raise error
    print(str(error), file=sys.stderr)
    return BAD_ARGUMENTS


def _print_info(found: FlightInfo) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(soft_wrap=False, highlight=False)
    facts = Table.grid(padding=(0, 2))
    for name, value in _facts(found):
        facts.add_row(Text(name, style="dim"), Text(printable(value)))
    console.print(facts)
    if found.lines:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("Line", "Turn", "At", "Who"):
            table.add_column(name, no_wrap=True, style="" if name == "Who" else "dim")
        table.add_column("Words")
        turn_of = _turn_numbers(found.lines)
        for line in found.lines:
            words = f"{line.text} —" if line.interrupted else line.text
            table.add_row(
                str(line.number),
                str(turn_of[line.number]),
                clock(line.since_s),
                Text(printable(line.speaker)),
                Text(printable(words)),
            )
        console.print(table)
    for one in found.damage:
        print(f"Damaged: {one}", file=sys.stderr)
    if found.damage:
        print("`speakdesk flight verify --repair OUT` keeps what is whole.", file=sys.stderr)


def _turn_numbers(lines: tuple[FlightLine, ...]) -> dict[int, int]:
    return {line.number: turn.number for turn in turns_of(lines) for line in turn.lines}


def _facts(found: FlightInfo) -> list[tuple[str, str]]:
    header, sound_s = found.header, found.sound_s
    end = "" if found.has_ended else ", cut off"
    services = [
        f"{what} {service.key}{f' ({service.model})' if service.model else ''}"
        for what, service in (("hears with", header.stt), ("thinks with", header.llm),
                              ("speaks with", header.tts))
        if service is not None
    ]  # fmt: skip
    sockets = [f"{s.change} at {clock(s.at_s)}" for s in found.sockets]
    facts = [
        ("Recording", f"{found.path.name}, {found.size_bytes / 1e6:.1f} MB"),
        ("Made", f"{header.started or 'unknown'} by {header.application or 'unknown'}"),
        ("Length", f"{clock(found.duration_s)}{end}"),
        ("Bot", f"{header.bot_name} ({header.persona})"),
        ("Meeting", f"{header.meeting} through {header.provider}, history {header.meeting_id}"),
        ("Services", ", ".join(services)),
        (
            "Sound",
            f"meeting {clock(sound_s['meeting'])}, bot {clock(sound_s['bot'])}, "
            f"discarded {sound_s['discarded']:.1f} s, {header.rate_hz} Hz",
        ),
        ("Socket", ", ".join(sockets) or "none"),
        ("Events", ", ".join(f"{kind} {count}" for kind, count in found.events.items())),
        ("Log", f"{found.log_lines} lines"),
        ("Names", "replaced" if header.names_are_hidden else "as they are"),
    ]
    facts += [("Changed", edit) for edit in header.edits]
    return facts
