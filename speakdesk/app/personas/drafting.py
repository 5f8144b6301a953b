"""From a sentence to a whole persona: what the model is asked, and how its answer is read."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona_draft import PersonaDraft
from speakdesk.store.personas.places import key_from_name

LONGEST_SENTENCE = 4000
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_GENDERS = ("MALE", "FEMALE", "NON-BINARY")
_MOST_ITEMS = 12
_LONGEST_LINE = 300
_LONGEST_PROMPT = 12_000

INSTRUCTIONS = """\
You write personas for a voice assistant that takes part in meetings. From the person's \
description make one complete, useful persona.

- Write every text in the language the persona shall speak; unless the description asks for \
another, that is the language the description is written in.
- name: a first name (with a surname only if asked for).
- prompt: 120 to 350 words, addressed to the assistant ("You are …"). Say who it is, what it is \
there for, how it works step by step, what it never does, and that it keeps every turn short \
because it speaks aloud. Plain Markdown: paragraphs and lists that begin with "- ". No headings.
- role: two to four words. summary: one sentence for a list.
- greeting: what it says aloud on joining, one or two sentences. entry_message: one line for the \
meeting's chat.
- characteristics: four to seven short traits. voice_tone: three to five short phrases on how it \
speaks.
- gender: MALE, FEMALE or NON-BINARY. skin_tone: one or two words, for its picture.
- language_code: a BCP 47 tag such as en, de or pt-BR. tags: two to five single words.
- Invent no facts about real companies or people; where knowledge would be needed, let the prompt \
say that it works from its notes and says so when they are silent."""

_LINE = {"type": "string"}
_LINES = {"type": "array", "items": _LINE}
_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "name": _LINE,
    "role": _LINE,
    "summary": _LINE,
    "prompt": _LINE,
    "greeting": _LINE,
    "entry_message": _LINE,
    "characteristics": _LINES,
    "voice_tone": _LINES,
    "gender": {"type": "string", "enum": list(_GENDERS)},
    "skin_tone": _LINE,
    "language_code": _LINE,
    "tags": _LINES,
}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": _FIELDS,
    "required": list(_FIELDS),
    "additionalProperties": False,
}


def checked_sentence(sentence: str) -> str:
    """The description, where there is one. Raises PersonaError."""
    told = sentence.strip()
    if not told:
        raise PersonaError(
            Problem(
                Stage.PERSONA,
                Reason.BAD_INPUT,
                "The description is empty.",
                "Say in a sentence who the persona is and what it is for.",
            )
        )
    if len(told) > LONGEST_SENTENCE:
        raise PersonaError(
            Problem(
                Stage.PERSONA,
                Reason.BAD_INPUT,
                f"The description has {len(told):,} characters; {LONGEST_SENTENCE:,} is the most.",
                "Shorten it; what the persona shall know belongs into a knowledge file.",
            )
        )
    return told


def read_draft(sentence: str, answer: str, taken: Collection[str]) -> PersonaDraft:
    """The draft in a model's answer; what is missing or wrong in single fields is left empty.

    `taken` are the keys that exist. Raises PersonaError where it holds no usable persona.
    """
    try:
        data = json.loads(answer)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        data = {}
    name, prompt = _line(data.get("name"))[:80], _prompt(data.get("prompt"))
    if not name or len(prompt) < 20:
        raise PersonaError(
            Problem(
                Stage.PERSONA,
                Reason.PROTOCOL,
                "The language model's draft has no name or no prompt, so it cannot be used.",
                "Try again, say more in the description, or choose another language model.",
                answer.strip()[:300],
                is_permanent=False,
            )
        )
    gender = _line(data.get("gender")).upper().replace("NONBINARY", "NON-BINARY")
    language = _line(data.get("language_code")).replace("_", "-")
    return PersonaDraft(
        sentence=sentence,
        key=key_from_name(name, taken),
        name=name,
        prompt=prompt,
        role=_line(data.get("role"))[:80],
        summary=_line(data.get("summary")),
        greeting=_line(data.get("greeting")),
        entry_message=_line(data.get("entry_message")),
        characteristics=_lines(data.get("characteristics")),
        voice_tone=_lines(data.get("voice_tone")),
        gender=gender if gender in _GENDERS else "",
        skin_tone=_line(data.get("skin_tone"))[:40],
        language=language if _LANGUAGE.fullmatch(language) else "en",
        tags=tuple(tag.replace(",", " ")[:40] for tag in _lines(data.get("tags"))),
    )


def _line(value: object) -> str:
    """One line of text; metadata and list items have no room for more."""
    return " ".join(value.split())[:_LONGEST_LINE].strip() if isinstance(value, str) else ""


def _lines(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else []
    lines = (_line(item).lstrip("-*• ").strip() for item in items)
    return tuple(dict.fromkeys(line for line in lines if line))[:_MOST_ITEMS]


def _prompt(value: object) -> str:
    """The prompt without headings, which would end it in the file."""
    if not isinstance(value, str):
        return ""
    text = value.replace("\r\n", "\n").replace("\0", "").strip()[:_LONGEST_PROMPT]
    return re.sub(r"^#{1,6}\s+(.*)$", r"\1:", text, flags=re.M)
