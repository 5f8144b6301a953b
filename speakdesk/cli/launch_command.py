"""The command line of `speakdesk launch`."""

from __future__ import annotations

from typing import Annotated

import typer

from speakdesk.cli.ending import Json, finish
from speakdesk.cli.flight_option import FlightFile, NoFlight, flight_wish
from speakdesk.cli.prompt_option import Language, Prompt

_JOINING = "How the bot joins"


def launch(
    meeting_url: Annotated[
        str, typer.Option("--meeting-url", "-m", help="A Meet, Zoom or Teams link.", metavar="URL")
    ],
    persona: Annotated[
        list[str] | None,
        typer.Option("--persona", "-p", help="Which persona; may be repeated.", metavar="KEY"),
    ] = None,
    prompt: Prompt = None,
    language: Language = "",
    count: Annotated[
        int | None,
        typer.Option(
            "-c",
            "--count",
            min=0,
            max=20,
            help="How many bots; the rest at random. 0 with --add-recorder sends that alone.",
        ),
    ] = None,
    provider: Annotated[
        str,
        typer.Option(
            "--provider", help="meetingbaas, meetingbaas-v1 or practice; default: by the link."
        ),
    ] = "",
    port: Annotated[
        int | None, typer.Option("-s", "--start-port", min=0, max=65535, help="The local port.")
    ] = None,
    add_recorder: Annotated[
        bool, typer.Option("--add-recorder", help="One more bot that only joins and records.")
    ] = False,
    at: Annotated[
        str,
        typer.Option("--at", help="Join at 15:30, in 10 min, or 2026-11-20T15:30.", metavar="TIME"),
    ] = "",
    websocket_url: Annotated[
        str,
        typer.Option("--websocket-url", help="This computer's own public address.", metavar="URL"),
    ] = "",
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--bot-name",
            help="What the bot is called; repeat it, --prompt's first, in the personas' order.",
            metavar="NAME",
            rich_help_panel=_JOINING,
        ),
    ] = None,
    picture: Annotated[
        str,
        typer.Option(
            "--picture",
            help="A public https picture for the bots.",
            metavar="URL",
            rich_help_panel=_JOINING,
        ),
    ] = "",
    greeting: Annotated[
        str | None,
        typer.Option(
            "--greeting",
            help="Said on arrival; empty for none. Default: the persona's.",
            metavar="TEXT",
            rich_help_panel=_JOINING,
        ),
    ] = None,
    entry_message: Annotated[
        str,
        typer.Option(
            "--entry-message",
            help="Written into the chat on arrival.",
            metavar="TEXT",
            rich_help_panel=_JOINING,
        ),
    ] = "",
    recording: Annotated[
        str,
        typer.Option(
            "--recording",
            help="speaker_view, gallery_view or audio_only.",
            metavar="MODE",
            rich_help_panel=_JOINING,
        ),
    ] = "",
    rate: Annotated[
        int,
        typer.Option(
            "--rate", help="The sound's rate in Hz.", metavar="HZ", rich_help_panel=_JOINING
        ),
    ] = 16000,
    extra: Annotated[
        str,
        typer.Option(
            "--extra",
            help="A JSON object that travels along and comes back in reports.",
            metavar="JSON",
            rich_help_panel=_JOINING,
        ),
    ] = "",
    transcription: Annotated[
        str,
        typer.Option(
            "--transcription",
            help="The provider's own transcript: gladia, or none.",
            metavar="NAME",
            rich_help_panel=_JOINING,
        ),
    ] = "",
    transcription_key: Annotated[
        str,
        typer.Option(
            "--transcription-key",
            help="The environment variable with your own key for that.",
            metavar="VARIABLE",
            rich_help_panel=_JOINING,
        ),
    ] = "",
    allow_multiple: Annotated[
        bool | None,
        typer.Option(
            "--allow-multiple/--unique",
            help="Whether several bots may be in the meeting.",
            rich_help_panel=_JOINING,
        ),
    ] = None,
    deduplication_key: Annotated[
        str,
        typer.Option(
            "--deduplication-key",
            help="MeetingBaas v1: one bot for each key. Default: a fresh one.",
            metavar="TEXT",
            rich_help_panel=_JOINING,
        ),
    ] = "",
    waiting_room: Annotated[
        int | None,
        typer.Option(
            "--waiting-room-timeout",
            help="Seconds to wait to be let in, 120 to 1800.",
            metavar="S",
            rich_help_panel=_JOINING,
        ),
    ] = None,
    no_one_joined: Annotated[
        int | None,
        typer.Option(
            "--no-one-joined-timeout",
            help="Seconds to wait for somebody, 120 to 1800.",
            metavar="S",
            rich_help_panel=_JOINING,
        ),
    ] = None,
    silence: Annotated[
        int | None,
        typer.Option(
            "--silence-timeout",
            help="Seconds of silence after which it leaves, 300 to 3600.",
            metavar="S",
            rich_help_panel=_JOINING,
        ),
    ] = None,
    zoom_credential: Annotated[
        str,
        typer.Option(
            "--zoom-credential",
            help="A Zoom credential kept by MeetingBaas.",
            metavar="ID",
            rich_help_panel=_JOINING,
        ),
    ] = "",
    callback_url: Annotated[
        str,
        typer.Option(
            "--callback-url",
            help="Where the provider reports, instead of here.",
            metavar="URL",
            rich_help_panel=_JOINING,
        ),
    ] = "",
    flight_file: FlightFile = None,
    no_flight: NoFlight = False,
    as_json: Json = False,
) -> None:
    """Send bots into a real meeting and follow them until they have left."""
    from speakdesk.cli import launch as command

    finish(
        lambda: command.run(
            command.Options(
                meeting_url=meeting_url,
                personas=tuple(persona or ()),
                prompt=prompt,
                language=language,
                count=count,
                provider=provider,
                port=port,
                websocket_url=websocket_url,
                add_recorder=add_recorder,
                at=at,
                names=tuple(names or ()),
                picture_url=picture,
                greeting=greeting,
                entry_message=entry_message,
                recording=recording,
                rate_hz=rate,
                extra=extra,
                transcription=transcription,
                transcription_key=transcription_key,
                allow_multiple=allow_multiple,
                deduplication_key=deduplication_key,
                waiting_room_s=waiting_room,
                no_one_joined_s=no_one_joined,
                silence_s=silence,
                zoom_credential=zoom_credential,
                callback_url=callback_url,
                flight=flight_wish(flight_file, no_flight),
                flight_file=flight_file,
                as_json=as_json,
            )
        )
    )
