"""API keys: from the environment, a `.env` file or the computer's key store; never from settings.

The first source that has a name wins: environment, `.env` of the working folder, `.env` of the
configuration folder, key store. Key stores may be missing, slow or hang behind a locked keychain's
question, so they are asked on a thread of their own and only for so long.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Protocol, TypeVar

from dotenv import dotenv_values

from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.domain.speech import Keys
from speakdesk.store.redaction import KNOWN_SECRETS, KnownSecrets

T = TypeVar("T")

SERVICE = "SpeakDesk"
FROM_ENVIRONMENT = "environment"
FROM_KEYRING = "key store"


@dataclass(frozen=True, slots=True)
class KeyName:
    """One key SpeakDesk knows: its environment variable, whose it is, and what it is for.

    One that is not listed has a place of its own in the window and is left out of the settings.
    """

    name: str
    title: str
    help: str
    is_secret: bool = True
    is_listed: bool = True


_OAUTH_VALUES = (
    ("CLIENT_ID", "The client id", False),
    ("CLIENT_SECRET", "The client secret", True),
    ("REFRESH_TOKEN", "A refresh token", True),
)
CALENDAR_VALUES: Mapping[str, tuple[tuple[str, str, bool], ...]] = {
    "Google": _OAUTH_VALUES,
    "Microsoft": (*_OAUTH_VALUES, ("TENANT_ID", "The tenant", False)),
}

KEY_NAMES: tuple[KeyName, ...] = (
    KeyName("MEETING_BAAS_API_KEY", "MeetingBaas", "Sends bots to Google Meet, Zoom and Teams."),
    KeyName(
        "MEETING_BAAS_API_URL",
        "MeetingBaas's address",
        "A MeetingBaas of your own.",
        is_secret=False,
    ),
    KeyName(
        "MEETING_BAAS_V1_API_URL",
        "MeetingBaas v1's address",
        "Where it is not the same as the other's.",
        is_secret=False,
        is_listed=False,
    ),
    KeyName(
        "MEETING_BAAS_WEBHOOK_SECRET",
        "MeetingBaas's signing secret",
        "Proves the reports that MeetingBaas signs; whsec_… in its dashboard.",
    ),
    KeyName("NGROK_AUTHTOKEN", "ngrok", "Opens the tunnel through which meetings reach this desk."),
    KeyName("NGROK_PATH", "ngrok's program", "Where it is on this computer.", is_secret=False),
    KeyName("OPENAI_API_KEY", "OpenAI", "Thinks, hears and speaks with OpenAI's models."),
    KeyName("DEEPGRAM_API_KEY", "Deepgram", "Hears with Deepgram."),
    KeyName("GLADIA_API_KEY", "Gladia", "Hears with Gladia."),
    KeyName("CARTESIA_API_KEY", "Cartesia", "Speaks with Cartesia's voices."),
    KeyName("REPLICATE_API_TOKEN", "Replicate", "Draws pictures for personas."),
    KeyName("REPLICATE_KEY", "Replicate", "The same, as other programs call it."),
    KeyName("UTFS_KEY", "UploadThing", "Puts personas' pictures where meetings can fetch them."),
    KeyName(
        "APP_ID", "UploadThing's app", "The app there the pictures belong to.", is_secret=False
    ),
    KeyName("LLM_API_KEY", "Compatible model", "Thinks with the server OPENAI_BASE_URL names."),
    KeyName("OPENROUTER_API_KEY", "OpenRouter", "Thinks with a model of OpenRouter."),
    KeyName(
        "OPENAI_BASE_URL",
        "OpenAI-compatible address",
        "Another server with OpenAI's interface, such as Ollama or LM Studio.",
        is_secret=False,
    ),
    KeyName("LLM_MODEL", "Model", "The model that server shall use.", is_secret=False),
    KeyName("OPENAI_MODEL", "Model", "The same, as other programs call it.", is_secret=False),
    KeyName("DEEPGRAM_BASE_URL", "Deepgram's address", "A Deepgram of your own.", is_secret=False),
    KeyName("GLADIA_URL", "Gladia's address", "A Gladia of your own.", is_secret=False),
    KeyName("CARTESIA_URL", "Cartesia's address", "A Cartesia of your own.", is_secret=False),
    KeyName("REPLICATE_URL", "Replicate's address", "A Replicate of your own.", is_secret=False),
    KeyName(
        "UPLOADTHING_URL",
        "UploadThing's address",
        "An UploadThing of your own.",
        is_secret=False,
    ),
    KeyName("WTTR_URL", "Weather's address", "A wttr.in of your own.", is_secret=False),
    KeyName(
        "BASE_URL",
        "Public address",
        "Your own public address of this desk, instead of a tunnel.",
        is_secret=False,
    ),
    *(
        KeyName(
            f"{vendor.upper()}_CALENDAR_{part}",
            f"{vendor}'s calendar",
            f"{words} of your own application at {vendor}.",
            is_secret,
            is_listed=False,
        )
        for vendor, parts in CALENDAR_VALUES.items()
        for part, words, is_secret in parts
    ),
)


class KeyStore(Protocol):
    """The part of a keyring backend that is used here."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class KeyRing:
    """All keys of this desk, where each came from, and the way to keep new ones."""

    def __init__(
        self,
        config: Path | None = None,
        *,
        working: Path | None = None,
        environ: Mapping[str, str] | None = None,
        store: KeyStore | None = None,
        timeout_s: float = 4.0,
        secrets: KnownSecrets = KNOWN_SECRETS,
    ) -> None:
        self._config = config
        self._working = Path.cwd() if working is None else working
        self._environ = os.environ if environ is None else environ
        self._store = store
        self._timeout_s = timeout_s
        self._secrets = secrets
        self._keys = Keys()
        self._sources: dict[str, str] = {}
        self._kept: dict[str, str] = {}
        self.problem: Problem | None = None

    @property
    def keys(self) -> Keys:
        """The keys as last loaded or changed."""
        return self._keys

    def source_of(self, name: str) -> str:
        """Where a key came from, for a person: `environment`, a file's path, `key store`, or ""."""
        return self._sources.get(name, "")

    async def load(self) -> Keys:
        """Read all sources, off the loop. A key store that fails is told in `problem`."""
        files = await asyncio.to_thread(self._read_files)
        self.problem = None
        try:
            self._kept = await self._ask(self._read_store)
        except StoreError as e:
            self._kept = {}
            self.problem = e.problem
        return self._merge(files)

    async def set(self, name: str, value: str) -> None:
        """Keep a key in the computer's key store. Raises StoreError where it has none."""
        _check_name(name)
        value = value.strip()
        if not value:
            await self.delete(name)
            return
        self._secrets.add(value)
        await self._ask(lambda: self._backend().set_password(SERVICE, name, value))
        self._kept = {**self._kept, name: value}
        self._merge(await asyncio.to_thread(self._read_files))

    async def delete(self, name: str) -> None:
        """Remove a key from the key store; one that is not there is no error."""
        _check_name(name)
        await self._ask(lambda: _delete(self._backend(), name))
        self._kept = {n: v for n, v in self._kept.items() if n != name}
        self._merge(await asyncio.to_thread(self._read_files))

    def _merge(self, files: list[tuple[str, dict[str, str]]]) -> Keys:
        values: dict[str, str] = {}
        self._sources = {}
        layers = [(FROM_ENVIRONMENT, dict(self._environ)), *files, (FROM_KEYRING, self._kept)]
        for key in KEY_NAMES:
            for source, layer in layers:
                value = (layer.get(key.name) or "").strip()
                if value:
                    values[key.name] = value
                    self._sources[key.name] = source
                    break
        self._secrets.add(*(values[k.name] for k in KEY_NAMES if k.is_secret and k.name in values))
        self._keys = Keys(values)
        return self._keys

    def _read_files(self) -> list[tuple[str, dict[str, str]]]:
        found: list[tuple[str, dict[str, str]]] = []
        folders = [self._working] + ([self._config] if self._config else [])
        for folder in folders:
            path = folder / ".env"
            try:
                text = path.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError):
                continue
            values = dotenv_values(stream=StringIO(text), interpolate=False)
            found.append((str(path), {k: v for k, v in values.items() if v}))
        return found

    def _backend(self) -> KeyStore:
        if self._store is None:
            import keyring

            self._store = keyring.get_keyring()
        return self._store

    def _read_store(self) -> dict[str, str]:
        backend = self._backend()
        found: dict[str, str] = {}
        for key in KEY_NAMES:
            value = backend.get_password(SERVICE, key.name)
            if value:
                found[key.name] = value
        return found

    async def _ask(self, question: Callable[[], T]) -> T:
        """Run one question to the key store on its own daemon thread, for a bounded time."""
        answer: Future[T] = Future()
        thread = threading.Thread(
            target=_answer_into, args=(answer, question), name="key-store", daemon=True
        )
        thread.start()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), self._timeout_s)
        except TimeoutError as e:
            raise StoreError(
                Problem(
                    Stage.SETTINGS,
                    Reason.TIMEOUT,
                    "This computer's key store did not answer; it may be locked and asking for "
                    "its password in another window.",
                    f"Unlock it and try again, or {self._other_way()}",
                    is_permanent=False,
                )
            ) from e
        except Exception as e:
            raise StoreError(self._explain(e)) from e

    def _explain(self, error: Exception) -> Problem:
        if type(error).__name__ == "NoKeyringError":
            return Problem(
                Stage.SETTINGS,
                Reason.UNAVAILABLE,
                "This computer has no key store that SpeakDesk can use.",
                f"To keep a key, {self._other_way()}",
            )
        return Problem(
            Stage.SETTINGS,
            Reason.UNAVAILABLE,
            "This computer's key store refused.",
            f"Unlock it and try again, or {self._other_way()}",
            vendor_words=self._secrets.redact(f"{type(error).__name__}: {error}"),
            is_permanent=False,
        )

    def _other_way(self) -> str:
        folder = self._config or self._working
        return f"write it into {folder / '.env'} as NAME=value."


def _answer_into(answer: Future[T], question: Callable[[], T]) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        result = question()
    except Exception as e:  # noqa: BLE001  a key store is a plug-in of the computer
        answer.set_exception(e)
    else:
        answer.set_result(result)


def _delete(store: KeyStore, name: str) -> None:
    if store.get_password(SERVICE, name) is not None:
        store.delete_password(SERVICE, name)


def _check_name(name: str) -> None:
    if name not in {key.name for key in KEY_NAMES}:
        raise StoreError(
            Problem(
                Stage.SETTINGS,
                Reason.BAD_INPUT,
                f"{name} is not a key SpeakDesk knows.",
                "Use one of the names listed in the settings.",
            )
        )
