"""The command line of `speakdesk personas`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speakdesk.cli.ending import Json, finish

personas = typer.Typer(help="The personas a bot can be.", no_args_is_help=True)

Dir = Annotated[
    Path | None,
    typer.Option("--dir", help="Another library: a folder of persona folders.", metavar="FOLDER"),
]
Service = Annotated[str, typer.Option("--service", help="cartesia, openai or espeak.")]
Keys = Annotated[list[str] | None, typer.Argument(metavar="[KEY]...", help="Default: all.")]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A metadata value, or name, prompt, characteristics or voice (items by ;).",
    ),
]


@personas.command("list")
def list_personas(folder: Dir = None, as_json: Json = False) -> None:
    """All personas, broken ones included."""
    from speakdesk.cli import personas as command

    finish(lambda: command.list_personas(folder, as_json))


@personas.command()
def show(
    key: str,
    source: Annotated[bool, typer.Option("--source", help="The file as it is.")] = False,
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """One persona, rendered."""
    from speakdesk.cli import personas as command

    finish(lambda: command.show(key, folder, source, as_json))


@personas.command()
def new(
    title: Annotated[str, typer.Argument(metavar="[NAME]", help="A name, or a key.")] = "",
    name: Annotated[str, typer.Option("--name", help="The name, where NAME is a key.")] = "",
    prompt: Annotated[str, typer.Option("--prompt", help="What it is told.", metavar="TEXT")] = "",
    language: Annotated[str, typer.Option("--language", help="en, de, fr, …")] = "",
    sentence: Annotated[
        str,
        typer.Option(
            "--from-sentence", help="Let the language model draft it from this.", metavar="TEXT"
        ),
    ] = "",
    values: Sets = None,
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """Make a persona of your own."""
    from speakdesk.cli import personas_edit as command

    if not (title or name or sentence):
        raise typer.BadParameter("give a name, or --from-sentence TEXT", param_hint="NAME")
    order = command.NewPersona(title or name, name, prompt, language, sentence, tuple(values or ()))
    if sentence and not title:
        order = command.NewPersona("", name, prompt, language, sentence, tuple(values or ()))
    finish(lambda: command.new(order, folder, as_json))


@personas.command()
def edit(
    key: str,
    values: Sets = None,
    removed: Annotated[
        list[str] | None, typer.Option("--unset", metavar="KEY", help="Remove a metadata key.")
    ] = None,
    file: Annotated[
        str, typer.Option("--file", help="A knowledge file instead of README.md.", metavar="NAME")
    ] = "",
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """Change a persona in $EDITOR, or with --set; one that is not yours becomes your copy."""
    from speakdesk.cli import personas_edit as command

    finish(lambda: command.edit(key, values or [], removed or [], file, folder, as_json))


@personas.command()
def duplicate(
    key: str,
    new_key: Annotated[str, typer.Argument(metavar="[NEW_KEY]")] = "",
    name: Annotated[str, typer.Option("--name", help="The copy's name.")] = "",
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """Copy a persona with everything in its folder."""
    from speakdesk.cli import personas_edit as command

    finish(lambda: command.duplicate(key, new_key, name, folder, as_json))


@personas.command()
def rename(key: str, new_key: str, folder: Dir = None, as_json: Json = False) -> None:
    """Give a persona of yours another key."""
    from speakdesk.cli import personas_edit as command

    finish(lambda: command.rename(key, new_key, folder, as_json))


@personas.command()
def delete(
    keys: Annotated[list[str], typer.Argument(metavar="KEY...")],
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """Delete personas of yours; `restore` brings them back."""
    from speakdesk.cli import personas_edit as command

    finish(lambda: command.delete(keys, folder, as_json))


@personas.command()
def restore(
    entry: Annotated[str, typer.Argument(metavar="[ID]", help="Default: list them.")] = "",
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """Bring a deleted persona back; without an id, list what can be."""
    from speakdesk.cli import personas_edit as command

    finish(lambda: command.restore(entry, folder, as_json))


@personas.command()
def versions(
    key: str,
    diff: Annotated[
        str, typer.Option("--diff", metavar="ID", help="What changed since then.")
    ] = "",
    back: Annotated[str, typer.Option("--restore", metavar="ID", help="Go back to it.")] = "",
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """The last saves of a persona: list them, compare, go back."""
    from speakdesk.cli import personas_edit as command

    finish(lambda: command.versions(key, diff, back, folder, as_json))


@personas.command()
def check(
    keys: Keys = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as well.")] = False,
    show_keys: Annotated[
        bool, typer.Option("--keys", help="Only print the metadata keys there are.")
    ] = False,
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """What is wrong, by file and line; ends with 1 where anything is."""
    from speakdesk.cli import personas as command

    if show_keys:
        finish(lambda: command.show_keys(as_json))
    finish(lambda: command.check(keys or [], folder, strict, as_json))


@personas.command("import")
def take_in(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder, zip, card or .md file.")],
    key: Annotated[str, typer.Option("--as", metavar="KEY", help="Under another key.")] = "",
    replaces: Annotated[
        bool, typer.Option("--replace", help="Overwrite yours; the trash keeps them.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """Take in personas: a folder, a zip, a Character Card (PNG, JSON, .charx)."""
    from speakdesk.cli import personas_share as command

    finish(lambda: command.take_in(path, key, replaces, dry_run, folder, as_json))


@personas.command("export")
def give_away(
    key: str,
    form: Annotated[
        str, typer.Option("--format", "-f", help="folder, zip, png, json or charx; default: zip.")
    ] = "",
    to: Annotated[
        Path | None, typer.Option("--to", "-o", help="A file or folder; default: here.")
    ] = None,
    is_v2: Annotated[bool, typer.Option("--v2", help="A card of version 2, not 3.")] = False,
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """Give a persona away: as a folder, a zip, or a Character Card."""
    from speakdesk.cli import personas_share as command

    finish(lambda: command.give_away(key, form, to, is_v2, folder, as_json))


@personas.command()
def voices(
    service: Service = "",
    language: Annotated[str, typer.Option("--language", help="en, de, fr, …")] = "",
    gender: Annotated[str, typer.Option("--gender", help="MALE, FEMALE or NON-BINARY.")] = "",
    words: Annotated[str, typer.Option("--words", help="Words in its description.")] = "",
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the service anew.")] = False,
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """The voices of a service."""
    from speakdesk.cli import personas_studio as command

    finish(
        lambda: command.voices(
            command.VoiceWish(service, language, gender, words, refresh), folder, as_json
        )
    )


@personas.command("match-voice")
def match_voice(
    key: str,
    service: Service = "",
    saves: Annotated[bool, typer.Option("--save", help="Write it into the persona.")] = False,
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """The voice that suits a persona, and why."""
    from speakdesk.cli import personas_studio as command

    finish(lambda: command.match_voice(key, service, saves, folder, as_json))


@personas.command()
def picture(
    key: str,
    file: Annotated[Path | None, typer.Option("--file", help="Take this picture.")] = None,
    words: Annotated[str, typer.Option("--describe", help="Draw this.", metavar="TEXT")] = "",
    service: Annotated[str, typer.Option("--service", help="replicate or openai.")] = "",
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """Draw a persona's picture, or take one from a file."""
    from speakdesk.cli import personas_studio as command

    finish(lambda: command.picture(key, file, words, service, folder, as_json))


@personas.command()
def migrate(
    keys: Keys = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be changed.")
    ] = False,
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """Bring older files of yours to the present format, and say what was changed."""
    from speakdesk.cli import personas as command

    finish(lambda: command.migrate(keys or [], folder, dry_run, as_json))
