"""The settings: one JSON file, checked, migrated, replaced whole; keys are never in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator

from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.domain.speech import SpeechWish
from speakdesk.store.files import name_aside, write_atomically
from speakdesk.store.join_settings import JoinSettings
from speakdesk.store.secrets import KEY_NAMES
from speakdesk.store.settings_part import SettingsPart

Migrator = Callable[[dict[str, Any]], dict[str, Any]]


def _first_version(data: dict[str, Any]) -> dict[str, Any]:
    """A file without a version was written by hand: what it says is taken as it stands."""
    return data


MIGRATORS: tuple[Migrator, ...] = (_first_version,)
"""Step n turns version n into n + 1; the schema's version is the number of steps."""


class Theme(StrEnum):
    """How the window looks."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class SpeechSettings(SettingsPart):
    """The speech services every bot uses unless its persona or its launch says otherwise.

    An empty name lets SpeakDesk choose from the keys at hand.
    """

    stt: str = Field("", title="Hears with", description="The speech-to-text service.")
    llm: str = Field("", title="Thinks with", description="The language model's service.")
    tts: str = Field("", title="Speaks with", description="The text-to-speech service.")
    stt_model: str = Field("", title="Hearing model", description="Empty: the service's own.")
    llm_model: str = Field("", title="Language model", description="Empty: the service's own.")
    tts_model: str = Field("", title="Speaking model", description="Empty: the service's own.")
    tts_voice: str = Field(
        "", title="Voice", description="For personas that name none; empty: the service's own."
    )
    llm_base_url: str = Field(
        "",
        title="Language model's address",
        description="A server with OpenAI's interface, such as http://localhost:11434/v1.",
    )

    @field_validator("stt", "llm", "tts")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.strip().lower()

    @field_validator("llm_base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        value = value.strip()
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an address starts with http:// or https://")
        if parts.username or parts.password or parts.query:
            raise ValueError("an address here holds no user name, password or key")
        return value

    def wish(self) -> SpeechWish:
        """The same as the rest of the program asks for it."""
        return SpeechWish(**{name: getattr(self, name) for name in SpeechWish.__dataclass_fields__})


class TunnelSettings(SettingsPart):
    """The way in from outside, where no public address of this computer is set (BASE_URL)."""

    ngrok_path: str = Field(
        "", title="ngrok's program", description="Empty: where it is usually found."
    )
    domain: str = Field(
        "",
        title="Reserved name",
        description="A domain of your ngrok account; with one, bots survive a broken tunnel.",
    )
    is_checked: bool = Field(
        True,
        title="Check from outside",
        description="Ask the public address for ourselves before the first bot is sent.",
    )

    @field_validator("domain")
    @classmethod
    def _name_only(cls, value: str) -> str:
        value = value.strip().lower().removeprefix("https://").strip("/")
        if any(sign in value for sign in "/:@? "):
            raise ValueError("a domain is only a name, such as desk.ngrok.app")
        return value


class Settings(SettingsPart):
    """Everything a person can set. Values are replaced, never changed: see `with_changes`."""

    theme: Theme = Field(Theme.SYSTEM, title="Look", description="Light, dark, or as the system.")
    provider: str = Field(
        "practice", title="Through", description="Who puts bots into meetings by default."
    )
    default_personas: tuple[str, ...] = Field(
        ("interviewer",), title="Personas", description="Chosen when the window opens."
    )
    speech: SpeechSettings = Field(
        default_factory=SpeechSettings,
        title="Speech",
        description="The services bots hear, think and speak with.",
    )
    tools: tuple[str, ...] = Field(
        ("weather", "time"), title="Tools", description="What bots may look up while they talk."
    )
    audio_input: str = Field("", title="Microphone", description="Empty: the system's choice.")
    audio_output: str = Field("", title="Speakers", description="Empty: the system's choice.")
    port: int = Field(
        8765,
        ge=0,
        le=65535,
        title="Port",
        description="Where bots reach this desk on this computer; 0 takes any free one.",
    )
    join: JoinSettings = Field(
        default_factory=JoinSettings,
        title="Joining",
        description="How bots join where a launch says nothing else.",
    )
    tunnel: TunnelSettings = Field(
        default_factory=TunnelSettings,
        title="Tunnel",
        description="The way in from outside.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", title="Log", description="How much the log tells."
    )
    history_days: int = Field(
        0, ge=0, le=36500, title="Keep meetings", description="Days; 0 keeps them for good."
    )
    summarise: Literal["never", "always"] = Field(
        "never", title="Summaries", description="Written by the language model after each meeting."
    )
    fetch_recordings: Literal["off", "audio", "video"] = Field(
        "off", title="Recordings", description="Fetched from the provider after each meeting."
    )
    record_flights: bool = Field(
        False,
        title="Flight recorder",
        description=(
            "Record meetings on this computer: both sides' sound, every word, what happened and "
            "the log; never keys. Tell the others in the meeting."
        ),
    )
    flight_days: int = Field(
        30,
        ge=0,
        le=36500,
        title="Keep recordings",
        description="Days; 0 keeps them for good. Older ones are deleted when SpeakDesk starts.",
    )
    flight_hide_names: bool = Field(
        False,
        title="Replace names",
        description="Write Person 1, Person 2 … into recordings; what is heard stays.",
    )
    persona_folders: tuple[str, ...] = Field(
        (), title="More personas", description="Further folders with personas."
    )
    window: str = Field("", title="Window", description="The window's place and size.")
    schema_version: int = Field(
        len(MIGRATORS), ge=0, title="Version", description="The version of this file's layout."
    )

    def with_changes(self, **changes: Any) -> Settings:
        """A checked copy with some values replaced. Raises StoreError naming what is wrong."""
        try:
            return Settings.model_validate({**self.model_dump(), **changes})
        except ValidationError as e:
            raise StoreError(
                Problem(
                    Stage.SETTINGS,
                    Reason.BAD_INPUT,
                    _sentence(e),
                    "Correct the value and save again.",
                )
            ) from e


class SettingsFile:
    """The settings on disk and in use."""

    def __init__(self, path: Path, migrators: Sequence[Migrator] = MIGRATORS) -> None:
        self.path = path
        self.current = Settings()
        self.problems: tuple[Problem, ...] = ()
        self._migrators = tuple(migrators)
        self._saving = asyncio.Lock()

    def load(self) -> Settings:
        """Read the file into `current`; `problems` tells what could not be used. Blocking.

        A file that is no settings file is moved aside, one with single wrong values is copied
        aside; either way the program goes on with defaults for what is wrong.
        """
        self.problems = ()
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            self.current = Settings()
            return self.current
        except OSError as e:
            self._report(
                "The settings cannot be read, so the defaults are used.",
                f"Check the permissions of {self.path}.",
                e.strerror or str(e),
            )
            self.current = Settings()
            return self.current
        try:
            data = json.loads(raw.decode("utf-8-sig"))
            if not isinstance(data, dict):
                raise ValueError("the file holds no object")
            data = self._migrate(data)
        except (ValueError, KeyError, TypeError, RecursionError) as e:
            self._set_aside(raw, str(e))
            self.current = Settings()
            return self.current
        self.current = self._validate(data, raw)
        return self.current

    async def save(self, settings: Settings) -> None:
        """Write settings and make them current. Raises StoreError; the old file then stands."""
        async with self._saving:
            await asyncio.to_thread(self._write, settings)
            self.current = settings

    def _write(self, settings: Settings) -> None:
        data = _without_keys(settings.model_dump(mode="json"))
        text = json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        try:
            write_atomically(self.path, text.encode("utf-8", "surrogatepass"))
        except OSError as e:
            raise StoreError(
                Problem(
                    Stage.SETTINGS,
                    Reason.UNAVAILABLE,
                    "The settings could not be saved.",
                    f"Check the free space and the permissions of {self.path.parent}.",
                    vendor_words=e.strerror or str(e),
                    is_permanent=False,
                )
            ) from e

    def _migrate(self, data: dict[str, Any]) -> dict[str, Any]:
        version = data.get("schema_version", 0)
        if not isinstance(version, int) or isinstance(version, bool) or version < 0:
            version = 0
        for step in self._migrators[version:]:
            data = step(dict(data))
        if version > len(self._migrators):
            self._report(
                "The settings were written by a newer SpeakDesk; what this one does not know is "
                "kept and not used.",
                "Update SpeakDesk.",
            )
        return {**data, "schema_version": max(version, len(self._migrators))}

    def _validate(self, data: dict[str, Any], raw: bytes) -> Settings:
        if named := _keys_in(data):
            self._report(
                f"The settings file holds {', '.join(named)}; keys are not read from there.",
                "Keep the key in the settings' Keys page or in a .env file instead.",
            )
        try:
            return Settings.model_validate(_without_keys(data))
        except ValidationError as e:
            wrong = e
        repaired = _without(_without_keys(data), wrong)
        copy = name_aside(self.path, "before-repair")
        where = f" The file as it was is kept as {copy.name}." if _copied(copy, raw) else ""
        self._report(f"{_sentence(wrong)} The default is used.{where}", "Set it anew if needed.")
        return Settings.model_validate(repaired)

    def _set_aside(self, raw: bytes, why: str) -> None:
        aside = name_aside(self.path, "broken")
        try:
            self.path.replace(aside)
            where = f"It is kept as {aside.name}."
        except OSError:
            where = "It could not be moved aside."
        self._report(
            f"The settings file is damaged, so the defaults are used. {where}",
            "Set what you need anew, or mend the file and put it back.",
            why,
        )

    def _report(self, sentence: str, next_step: str, vendor_words: str = "") -> None:
        problem = Problem(Stage.SETTINGS, Reason.BAD_INPUT, sentence, next_step, vendor_words)
        self.problems = (*self.problems, problem)


def _copied(path: Path, raw: bytes) -> bool:
    try:
        write_atomically(path, raw)
    except OSError:
        return False
    return True


def _sentence(error: ValidationError) -> str:
    parts: list[str] = []
    for item in error.errors():
        title = _title_of(item["loc"])
        words = str(item["msg"]).removeprefix("Value error, ")
        parts.append(f"The setting “{title}” is wrong: {words[0].lower()}{words[1:]}.")
    return " ".join(dict.fromkeys(parts))


def _title_of(loc: tuple[int | str, ...]) -> str:
    fields: Mapping[str, Any] = Settings.model_fields
    title = str(loc[0]) if loc else "?"
    for step in loc:
        if isinstance(step, str) and step in fields:
            title = fields[step].title or step
            inner = fields[step].annotation
            fields = getattr(inner, "model_fields", {})
    return title


def _without(data: dict[str, Any], error: ValidationError) -> dict[str, Any]:
    """The data without the values the error names; inside a tuple the whole tuple goes."""
    repaired = {k: dict(v) if isinstance(v, dict) else v for k, v in data.items()}
    for item in error.errors():
        path = [step for step in item["loc"] if isinstance(step, str)]
        if not path:
            continue
        inner = repaired.get(path[0])
        if len(path) > 1 and isinstance(inner, dict):
            inner.pop(path[1], None)
        else:
            repaired.pop(path[0], None)
    return repaired


_SECRET_NAMES = frozenset(key.name.lower() for key in KEY_NAMES if key.is_secret)


def _keys_in(data: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for name, value in data.items():
        if str(name).lower() in _SECRET_NAMES:
            found.append(str(name))
        elif isinstance(value, dict):
            found.extend(_keys_in(value))
    return found


def _without_keys(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_keys(value) if isinstance(value, dict) else value
        for name, value in data.items()
        if str(name).lower() not in _SECRET_NAMES
    }
