"""The options that make a persona for one launch from a bare prompt."""

from __future__ import annotations

from typing import Annotated

import typer

Prompt = Annotated[
    str | None,
    typer.Option(
        "--prompt", help="Who the bot is, in your words, in place of a persona.", metavar="TEXT"
    ),
]
Language = Annotated[
    str,
    typer.Option("--language", help="What the --prompt bot speaks; default: en.", metavar="TAG"),
]
