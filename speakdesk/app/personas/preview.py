"""A persona as others will meet it: what its model is told, and its Markdown as harmless HTML."""

from __future__ import annotations

import asyncio

from speakdesk.domain.model_room import LETTERS_A_TOKEN
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_size import size_of

MOST_SHOWN_LETTERS = 20_000
# For each open bracket the reader looks through all that follows.
_MOST_BRACKETS = 150

_TAG_NAMES = "p br hr h1 h2 h3 h4 h5 h6 ul ol li strong em code pre blockquote a"
_TAGS = frozenset(_TAG_NAMES.split())
_CUT = "\n\n*The rest is not shown here.*"


async def told_to_model(
    persona: Persona, bot_name: str = "", *, has_tools: bool = False, model: str = ""
) -> str:
    """The system message this language model would get in a meeting, word for word."""

    def work() -> str:
        from speakdesk.pipeline.context import instructions

        return instructions(
            persona,
            bot_name or persona.name,
            has_tools=has_tools,
            model=model or persona.speech.llm_model,
        )

    return await asyncio.to_thread(work)


def harmless_html(text: str) -> str:
    """Markdown as HTML without scripts, styles, pictures or anything that is fetched.

    HTML in the text is shown as the text it is: Qt takes minutes to lay out a few nested tables,
    and falls over many. Links stay links for whoever shows them to ask about. Takes a while: run
    it in a thread.
    """
    import markdown
    import nh3

    if len(text) > MOST_SHOWN_LETTERS:
        text = text[:MOST_SHOWN_LETTERS] + _CUT
    if text.count("[") > _MOST_BRACKETS:
        text = text.replace("[", "\\[")
    reader = markdown.Markdown(extensions=["fenced_code", "sane_lists"])
    reader.preprocessors.deregister("html_block")
    reader.inlinePatterns.deregister("html")
    try:
        raw = reader.convert(text)
    except RecursionError:
        # Thousands of nested quotes; as plain text it can be read all the same.
        raw = f"<pre>{nh3.clean_text(text)}</pre>"
    return nh3.clean(
        raw,
        tags=set(_TAGS),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def tokens(letters: int) -> int:
    """About how many tokens a text of this length is."""
    return -(-letters // LETTERS_A_TOKEN)


def prompt_count(persona: Persona, model: str = "") -> str:
    """How long the prompt is, and how much of what the model may be told that takes."""
    size = size_of(persona, model)
    words = (
        f"{size.prompt:,} letters, about {tokens(size.prompt):,} of the "
        f"{tokens(size.room.prompt):,} tokens a model is told"
    )
    left_out = size.prompt_left_out
    return f"{words}; the last {left_out:,} letters are left out" if left_out else words


def knowledge_count(persona: Persona, model: str = "") -> str:
    """How long the knowledge is, and how much of it a model is told at once."""
    size = size_of(persona, model)
    words = (
        f"{size.knowledge:,} letters, about {tokens(size.knowledge):,} of the "
        f"{tokens(size.room.knowledge):,} tokens a model is told"
    )
    left_out = size.knowledge_left_out
    return f"{words}; the longest are shortened by {left_out:,} letters" if left_out else words
