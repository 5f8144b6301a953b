"""The command line of `speakdesk bots`."""

from __future__ import annotations

from typing import Annotated

import typer

from speakdesk.cli.ending import Json, finish

bots = typer.Typer(help="The bots of your account at a provider.", no_args_is_help=True)

Provider = Annotated[
    str, typer.Option("--provider", help="meetingbaas or meetingbaas-v1.", metavar="NAME")
]


@bots.command("list")
def list_bots(
    provider: Provider = "meetingbaas",
    live: Annotated[
        bool, typer.Option("--live", help="Only those that have not left yet.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=250)] = 50,
    as_json: Json = False,
) -> None:
    """The account's bots, newest first; those marked with * were sent by SpeakDesk."""
    from speakdesk.cli import bots as command

    finish(lambda: command.list_bots(provider, live, limit, as_json))


@bots.command()
def leave(
    bots: Annotated[
        list[str] | None,
        typer.Argument(help="The provider's ids, or how they begin.", metavar="[BOT]..."),
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="Every live bot that SpeakDesk sent.")
    ] = False,
    provider: Provider = "meetingbaas",
    as_json: Json = False,
) -> None:
    """Tell bots to leave their meeting, or not to come where they wait for their time."""
    from speakdesk.cli import bots as command

    if bool(bots) == everyone:
        raise typer.BadParameter("give the bots' ids, or --all", param_hint="BOT")
    finish(lambda: command.leave(tuple(bots or ()), provider, as_json))


@bots.command()
def resume(as_json: Json = False) -> None:
    """Follow the scheduled bots of a session that was killed; mute ones are told to leave."""
    from speakdesk.cli import bots_resume as command

    finish(lambda: command.run(as_json))
