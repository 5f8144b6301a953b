"""The terminal: `speakdesk COMMAND`. Each command imports what it needs when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from speakdesk import __version__
from speakdesk.cli.bots_commands import bots
from speakdesk.cli.calendar_commands import calendar
from speakdesk.cli.ending import READER_GONE, Json
from speakdesk.cli.ending import finish as _finish
from speakdesk.cli.flight_commands import flight
from speakdesk.cli.flight_option import FlightFile, NoFlight, flight_wish
from speakdesk.cli.launch_command import launch
from speakdesk.cli.personas_commands import personas
from speakdesk.cli.prompt_option import Language, Prompt
from speakdesk.cli.replay_command import replay
from speakdesk.domain.errors import SpeakDeskError

app = typer.Typer(
    name="speakdesk",
    help="AI voices in meetings. Without a command, the window opens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
history = typer.Typer(help="Past meetings and what was said.", no_args_is_help=True)
app.add_typer(personas, name="personas")
app.add_typer(history, name="history")
app.add_typer(calendar, name="calendar")
app.add_typer(bots, name="bots")
app.add_typer(flight, name="flight")


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit status.

    0 done, 1 failed, 2 bad arguments, 130 Ctrl+C, 141 nobody reads the output any more.
    """
    return _finish_output(_run(arguments))


def _run(arguments: list[str]) -> int:
    try:
        app(args=arguments, prog_name="speakdesk", obj=arguments)
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else 1
    except SpeakDeskError as e:
        print(str(e), file=sys.stderr)
        return 1
    return 0


def _finish_output(status: int) -> int:
    from speakdesk.cli.output import silence_stdout

    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        return READER_GONE
    return status


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit


@app.command()
def practice(
    context: typer.Context,
    persona: Annotated[
        list[str] | None, typer.Option("--persona", "-p", help="Which persona; may be repeated.")
    ] = None,
    prompt: Prompt = None,
    language: Language = "",
    name: Annotated[
        str,
        typer.Option("--bot-name", help="What the (first) bot is called.", metavar="NAME"),
    ] = "",
    say: Annotated[
        list[str] | None, typer.Option("--say", help="A turn the participant says.", metavar="TEXT")
    ] = None,
    wav: Annotated[
        list[Path] | None, typer.Option("--wav", help="A turn from a sound file.", metavar="FILE")
    ] = None,
    lobby: Annotated[
        float, typer.Option("--lobby", min=0, max=600, help="Seconds the bot waits in the lobby.")
    ] = 0.0,
    record: Annotated[
        Path | None,
        typer.Option("--record", help="Write a stereo WAV: participants left, bot right."),
    ] = None,
    tools: Annotated[
        str | None, typer.Option("--tools", help="weather,time or none; default: the persona's.")
    ] = None,
    stt: Annotated[str, typer.Option("--stt", help="Speech to text: a service's name.")] = "",
    llm: Annotated[str, typer.Option("--llm", help="Language model: a service's name.")] = "",
    tts: Annotated[str, typer.Option("--tts", help="Text to speech: a service's name.")] = "",
    refuse: Annotated[bool, typer.Option("--refuse", help="The host refuses the bot.")] = False,
    drop_after: Annotated[
        float | None,
        typer.Option("--drop-after", min=0, help="Drop its socket this long after admission."),
    ] = None,
    remove_after: Annotated[
        float | None,
        typer.Option("--remove-after", min=0, help="Remove it this long after admission."),
    ] = None,
    crosstalk: Annotated[
        str, typer.Option("--crosstalk", help="A guest says this into every turn.", metavar="TEXT")
    ] = "",
    chat: Annotated[
        bool, typer.Option("--chat", help="Take turns from what you type, until Ctrl+D.")
    ] = False,
    flight_file: FlightFile = None,
    no_flight: NoFlight = False,
    as_json: Json = False,
) -> None:
    """Hold a practice meeting: join, greet, say each turn, wait for each answer, leave."""
    from speakdesk.cli import practice as command
    from speakdesk.domain.incidents import Incidents

    _finish(
        lambda: command.run(
            command.Options(
                personas=tuple(persona or ()),
                prompt=prompt,
                language=language,
                name=name,
                turns=command.turns_in_order(context.obj, say or [], wav or []),
                incidents=Incidents(
                    lobby_s=lobby,
                    refuse=refuse,
                    drop_after_s=drop_after,
                    remove_after_s=remove_after,
                    crosstalk=crosstalk,
                ),
                record=record,
                tools=command.parse_tools(tools),
                stt=stt,
                llm=llm,
                tts=tts,
                chat=chat,
                flight=flight_wish(flight_file, no_flight),
                flight_file=flight_file,
                as_json=as_json,
            )
        )
    )


app.command()(launch)
app.command()(replay)


@app.command()
def room(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 0,
    lobby: Annotated[float, typer.Option("--lobby", min=0, max=600, help="Lobby seconds.")] = 0.0,
    say: Annotated[
        list[str] | None, typer.Option("--say", help="A participant's line.", metavar="TEXT")
    ] = None,
    wav: Annotated[
        list[Path] | None, typer.Option("--wav", help="A participant's sound.", metavar="FILE")
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="Accept only this API key; default: any.", metavar="KEY")
    ] = "",
    refuse: Annotated[bool, typer.Option("--refuse", help="The host refuses bots.")] = False,
    drop_after: Annotated[
        float | None,
        typer.Option("--drop-after", min=0, help="Drop sockets this long after admission."),
    ] = None,
    remove_after: Annotated[
        float | None,
        typer.Option("--remove-after", min=0, help="Remove bots this long after admission."),
    ] = None,
    crosstalk: Annotated[
        str, typer.Option("--crosstalk", help="A guest says this into every turn.", metavar="TEXT")
    ] = "",
) -> None:
    """Run the practice room's MeetingBaas v2 server alone: a sandbox for any v2 client."""
    from speakdesk.cli import room as command
    from speakdesk.domain.incidents import Incidents

    _finish(
        lambda: command.run(
            port,
            Incidents(
                lobby_s=lobby,
                refuse=refuse,
                drop_after_s=drop_after,
                remove_after_s=remove_after,
                crosstalk=crosstalk,
            ),
            say or [],
            wav or [],
            key,
        )
    )


@app.command()
def doctor(
    keys: Annotated[
        bool, typer.Option("--keys", help="Ask the providers what their keys are worth.")
    ] = False,
    as_json: Json = False,
) -> None:
    """What is set up, what is missing, what to do."""
    from speakdesk.cli import doctor as command

    _finish(lambda: command.run(as_json, with_keys=keys))


@history.command("list")
def history_list(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10000)] = 50,
    as_json: Json = False,
) -> None:
    """The past meetings, newest first."""
    from speakdesk.cli import history as command

    _finish(lambda: command.list_meetings(limit, as_json))


@history.command("show")
def history_show(meeting: str, as_json: Json = False) -> None:
    """One meeting with its lines; `last` is the newest."""
    from speakdesk.cli import history as command

    _finish(lambda: command.show(meeting, as_json))


@history.command("search")
def history_search(
    text: str,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """Find words in everything that was said."""
    from speakdesk.cli import history as command

    _finish(lambda: command.search(text, limit, as_json))


@history.command("export")
def history_export(
    meeting: str,
    form: Annotated[str, typer.Option("--format", "-f", help="txt, md, srt, vtt or json.")] = "txt",
    to: Annotated[
        Path | None, typer.Option("--to", "-o", help="The file to write; default: stdout.")
    ] = None,
    source: Annotated[
        str, typer.Option("--source", help="ours, or provider for its own transcript.")
    ] = "ours",
    as_json: Json = False,
) -> None:
    """Write one meeting as text, Markdown, subtitles or JSON."""
    from speakdesk.cli import history as command

    _finish(lambda: command.export(meeting, "json" if as_json else form, to, source))


@history.command("fetch")
def history_fetch(
    meeting: str,
    kind: Annotated[
        str, typer.Option("--kind", "-k", help="video, audio or transcript; default: only look.")
    ] = "",
    to: Annotated[
        Path | None,
        typer.Option("--to", "-o", help="The file to write; default: in the data folder."),
    ] = None,
) -> None:
    """Ask the provider what there is of one meeting, and download it; goes on where it stopped."""
    from speakdesk.cli import history as command

    _finish(lambda: command.fetch(meeting, kind, to))


@history.command("summary")
def history_summary(
    meeting: str,
    redo: Annotated[bool, typer.Option("--redo", help="Write it again.")] = False,
    as_json: Json = False,
) -> None:
    """Summary, decisions and action items of one meeting, by the language model."""
    from speakdesk.cli import history as command

    _finish(lambda: command.summary(meeting, redo, as_json))
