"""What a person sets: settings and keys, changed in one place and told to everybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.app.tasks import spawn
from speakdesk.domain.events import Event, SettingsChanged
from speakdesk.store.secrets import KeyRing
from speakdesk.store.settings import Settings, SettingsFile


class Preferences:
    """Keeps a change and carries out what follows from it."""

    def __init__(
        self,
        settings: SettingsFile,
        keys: KeyRing,
        personas: PersonaShelf,
        publish: Callable[[Event], None],
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._personas = personas
        self._publish = publish

    async def save(self, settings: Settings) -> None:
        """Keep new settings and tell everybody what differs. Raises StoreError."""
        before = self._settings.current
        await self._settings.save(settings)
        changed = tuple(
            name
            for name in type(settings).model_fields
            if getattr(before, name) != getattr(settings, name)
        )
        if "persona_folders" in changed:
            await self._personas.open(further_folders(settings))
            self._personas.tell()
        self._publish(SettingsChanged(fields=changed))

    async def set_key(self, name: str, value: str) -> None:
        """Keep an API key in the computer's key store; an empty value removes it."""
        await self._keys.set(name, value)
        self._publish(SettingsChanged(fields=("keys",)))

    def keep_agent(self, path: Path) -> None:
        """Where ngrok's program is from now on."""
        settings = self._settings.current
        tunnel = settings.tunnel.model_copy(update={"ngrok_path": str(path)})
        spawn(self.save(settings.with_changes(tunnel=tunnel)), "keep ngrok's path")


def further_folders(settings: Settings) -> tuple[Path, ...]:
    """Where personas are read from besides the bundled ones and the person's own."""
    return tuple(Path(folder).expanduser() for folder in settings.persona_folders)
