"""The terminal: `speakdesk COMMAND`. Each command imports what it needs when it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from speakdesk import __version__
from speakdesk.domain.errors import SpeakDeskError

app = typer.Typer(
    name="speakdesk",
    help="AI voices in meetings. Without a command, the window opens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
personas = typer.Typer(help="The personas a bot can be.", no_args_is_help=True)
history = typer.Typer(help="Past meetings and what was said.", no_args_is_help=True)
app.add_typer(personas, name="personas")
app.add_typer(history, name="history")

INTERRUPTED = 130
READER_GONE = 141

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]


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


def _finish(command: Callable[[], int]) -> NoReturn:
    """Run a command's work and end with its status."""
    try:
        status = command()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = READER_GONE
    raise typer.Exit(status)


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
    as_json: Json = False,
) -> None:
    """Hold a practice meeting: join, greet, say each turn, wait for each answer, leave."""
    from speakdesk.cli import practice as command
    from speakdesk.domain.incidents import Incidents

    _finish(
        lambda: command.run(
            command.Options(
                personas=tuple(persona or ()),
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
                as_json=as_json,
            )
        )
    )


@app.command()
def launch(
    meeting_url: Annotated[
        str, typer.Option("--meeting-url", "-m", help="A Meet, Zoom or Teams link.", metavar="URL")
    ],
    persona: Annotated[
        list[str] | None, typer.Option("--persona", "-p", help="Which persona; may be repeated.")
    ] = None,
    count: Annotated[
        int, typer.Option("-c", "--count", min=0, max=20, help="How many bots; the rest at random.")
    ] = 0,
    provider: Annotated[
        str, typer.Option("--provider", help="meetingbaas or practice; default: by the link.")
    ] = "",
    port: Annotated[
        int | None, typer.Option("-s", "--start-port", min=0, max=65535, help="The local port.")
    ] = None,
    websocket_url: Annotated[
        str,
        typer.Option("--websocket-url", help="This computer's own public address.", metavar="URL"),
    ] = "",
    as_json: Json = False,
) -> None:
    """Send bots into a real meeting and follow them until they have left."""
    from speakdesk.cli import launch as command

    _finish(
        lambda: command.run(
            command.Options(
                meeting_url=meeting_url,
                personas=tuple(persona or ()),
                count=count,
                provider=provider,
                port=port,
                websocket_url=websocket_url,
                as_json=as_json,
            )
        )
    )


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
def doctor(as_json: Json = False) -> None:
    """What is set up, what is missing, what to do."""
    from speakdesk.cli import doctor as command

    _finish(lambda: command.run(as_json))


@personas.command("list")
def personas_list(as_json: Json = False) -> None:
    """All personas, broken ones included."""
    from speakdesk.cli import personas as command

    _finish(lambda: command.list_personas(as_json))


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
    as_json: Json = False,
) -> None:
    """Write one meeting as text, Markdown, subtitles or JSON."""
    from speakdesk.cli import history as command

    _finish(lambda: command.export(meeting, "json" if as_json else form, to))
