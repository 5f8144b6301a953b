"""Which speech services a bot gets, and why: the launch, the persona, the settings, the keys.

Imports no Pipecat. The entries themselves are in `catalogue_entries.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from rapidfuzz import fuzz, process

from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice, SpeechPlan, SpeechWish
from speakdesk.pipeline.catalogue_entries import (
    ALIASES,
    CATALOGUE,
    ROLE_NAMES,
    Alias,
    ServiceEntry,
    base_language,
    entries,
    find,
    names,
)

__all__ = [
    "ALIASES",
    "CATALOGUE",
    "ROLE_NAMES",
    "Alias",
    "ServiceEntry",
    "base_language",
    "compatible_key",
    "entries",
    "find",
    "names",
    "plan_speech",
]

_MODEL_NAMES = ("LLM_MODEL", "OPENAI_MODEL")


@dataclass(frozen=True, slots=True)
class _Level:
    """One place a wish can come from, with the phrase that says so."""

    wish: SpeechWish
    why: str

    def service(self, role: Role) -> str:
        name: str = getattr(self.wish, role.value).strip().lower()
        if not name and role is Role.LLM and self.wish.llm_base_url:
            return "compatible"
        return name

    def model(self, role: Role) -> str:
        model: str = getattr(self.wish, f"{role.value}_model")
        return model


@dataclass(frozen=True, slots=True)
class _Found:
    """One role's outcome: the choice, and the sentences about it."""

    choice: ServiceChoice
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_speech(persona: Persona, wish: SpeechWish, defaults: SpeechWish, keys: Keys) -> SpeechPlan:
    """The three services of one bot.

    Each is chosen by itself, the first of: `wish` (the launch), the persona's file, `defaults` (the
    settings), the best whose key is at hand and that knows the persona's language, the offline one.
    A service somebody asked for stays chosen even where it cannot work; what stands in its way is
    in `SpeechPlan.missing`. What works but will disappoint is in `SpeechPlan.warnings`.
    """
    levels = (
        _Level(wish, "this launch asks for it"),
        _Level(persona.speech, "the persona asks for it"),
        _Level(defaults, "your settings ask for it"),
    )
    found = {role: _plan_role(role, persona, levels, keys) for role in Role}
    return SpeechPlan(
        stt=found[Role.STT].choice,
        llm=found[Role.LLM].choice,
        tts=found[Role.TTS].choice,
        missing=tuple(text for role in Role for text in found[role].missing),
        warnings=tuple(text for role in Role for text in found[role].warnings),
    )


def compatible_key(keys: Keys, base_url: str) -> str:
    """The key for an OpenAI-compatible server; OpenAI's own key never goes to another address.

    LLM_API_KEY always, OPENROUTER_API_KEY for OpenRouter, OPENAI_API_KEY for OpenAI itself or for
    the address that OPENAI_BASE_URL names beside it.
    """
    if keys.has("LLM_API_KEY"):
        return keys.get("LLM_API_KEY")
    host = urlsplit(base_url).hostname or ""
    if host == "openrouter.ai":
        return keys.get("OPENROUTER_API_KEY")
    if host == "api.openai.com" or base_url == keys.get("OPENAI_BASE_URL"):
        return keys.get("OPENAI_API_KEY")
    return ""


def _plan_role(role: Role, persona: Persona, levels: tuple[_Level, ...], keys: Keys) -> _Found:
    asked = next((level for level in levels if level.service(role)), None)
    if asked is None:
        entry, why = _best(role, persona.language, keys)
        return _settle(entry, why, persona, levels, keys)
    name = asked.service(role)
    alias = ALIASES.get((role, name), Alias(name))
    entry_asked = find(role, alias.key)
    if entry_asked is None:
        choice = ServiceChoice(role, name, why=asked.why)
        return _Found(choice, missing=(_unknown(role, name),))
    return _settle(entry_asked, asked.why, persona, levels, keys, alias.base_url)


def _best(role: Role, language: str, keys: Keys) -> tuple[ServiceEntry, str]:
    """The best service that can work now: by a key at hand and the language, else offline."""
    candidates = entries(role)
    for entry in candidates:
        if not entry.is_offline and entry.speaks(language):
            reason = _ready(entry, keys)
            if reason:
                return entry, reason
    return candidates[-1], "no key is set, so the offline voice"


def _ready(entry: ServiceEntry, keys: Keys) -> str:
    """Why this cloud service could be taken unasked; empty where it could not."""
    elsewhere = entry.base_url(keys)
    if entry.key == "compatible":
        return f"{entry.base_url_names[0]} is set" if _is_foreign(elsewhere) else ""
    if not entry.api_key(keys):
        return ""
    if entry.key == "openai" and _is_foreign(elsewhere):
        return ""
    return f"{next(name for name in entry.key_names if keys.has(name))} is set"


def _is_foreign(base_url: str) -> bool:
    return bool(base_url) and urlsplit(base_url).hostname != "api.openai.com"


def _settle(
    entry: ServiceEntry,
    why: str,
    persona: Persona,
    levels: tuple[_Level, ...],
    keys: Keys,
    alias_url: str = "",
) -> _Found:
    model = next(_models(entry, levels), "") or entry.default_model
    base_url = ""
    if entry.role is Role.LLM and not entry.is_offline:
        wished = (level.wish.llm_base_url for level in levels if _concerns(level, entry))
        base_url = next((url for url in wished if url), "") or alias_url or entry.base_url(keys)
        if entry.key == "compatible":
            model = model or next((keys.get(n) for n in _MODEL_NAMES if keys.has(n)), "")
    voice = _voice(entry, persona, levels) if entry.role is Role.TTS else ""
    choice = ServiceChoice(entry.role, entry.key, model, voice, base_url, why)
    return _Found(
        choice,
        missing=tuple(_missing(entry, choice, keys)),
        warnings=tuple(_warnings(entry, persona)),
    )


def _concerns(level: _Level, entry: ServiceEntry) -> bool:
    """True where a level's details (model, address) are about this service."""
    name = level.service(entry.role)
    return not name or ALIASES.get((entry.role, name), Alias(name)).key == entry.key


def _models(entry: ServiceEntry, levels: tuple[_Level, ...]) -> Iterator[str]:
    if not entry.is_offline:
        for level in levels:
            if _concerns(level, entry) and (model := level.model(entry.role)):
                yield model


def _voice(entry: ServiceEntry, persona: Persona, levels: tuple[_Level, ...]) -> str:
    """The launch's voice, the persona's, the settings', or the vendor's by gender and language."""
    launch, _, settings = levels
    wished = launch.wish.tts_voice if _concerns(launch, entry) else ""
    default = settings.wish.tts_voice if settings.service(Role.TTS) == entry.key else ""
    return (
        wished
        or persona.voice_for(entry.key)
        or default
        or entry.voice(persona.gender, persona.language)
    )


def _missing(entry: ServiceEntry, choice: ServiceChoice, keys: Keys) -> Iterator[str]:
    where = f"{entry.name} as the {ROLE_NAMES[entry.role]}"
    if entry.needs_key and not entry.api_key(keys):
        yield (
            f"{where} needs a key and {entry.key_names[0]} is not set. "
            "Add it in Settings under Keys, or choose another service."
        )
    if entry.key == "compatible" and not choice.base_url:
        yield (
            f"{where} needs an address and none is set. "
            "Give its base URL, for example http://127.0.0.1:11434/v1 for Ollama, "
            "in Settings or as OPENAI_BASE_URL."
        )
    elif entry.key == "compatible" and not choice.model:
        yield (
            f"{where} needs the name of a model and none is set. "
            "Name one the server has, in Settings, as llm_model in the persona, or as LLM_MODEL."
        )


def _warnings(entry: ServiceEntry, persona: Persona) -> Iterator[str]:
    if entry.speaks(persona.language):
        return
    knows = "English only" if entry.languages == frozenset({"en"}) else "other languages only"
    yield (
        f"{persona.name} speaks “{persona.language}”, and {entry.name} knows {knows}. "
        f"Choose another {ROLE_NAMES[entry.role]} service for this persona."
    )


def _unknown(role: Role, name: str) -> str:
    known = {entry.key for entry in entries(role)} | {n for r, n in ALIASES if r is role}
    nearest = process.extractOne(name, sorted(known), scorer=fuzz.WRatio, score_cutoff=60)
    hint = f"Did you mean “{nearest[0]}”? " if nearest else ""
    choices = ", ".join(entry.key for entry in entries(role))
    return (
        f"There is no {ROLE_NAMES[role]} service called “{name}”. {hint}Choose one of: {choices}."
    )
