"""What a face may offer for choice: the speech services by role, and the keys by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from speakdesk.domain.speech import Role


@dataclass(frozen=True, slots=True)
class ServiceOffer:
    """One speech service in one role; `needs` names the key it wants, empty for none."""

    key: str
    name: str
    sentence: str
    needs: str = ""


@dataclass(frozen=True, slots=True)
class KeyOffer:
    """One key or address SpeakDesk knows, by its environment name."""

    name: str
    title: str
    help: str
    is_secret: bool


def service_offers(role: Role) -> Sequence[ServiceOffer]:
    """The services of one role, best first. Imports no Pipecat."""
    from speakdesk.pipeline.catalogue import entries

    return tuple(
        ServiceOffer(
            entry.key, entry.name, entry.sentence, entry.key_names[0] if entry.needs_key else ""
        )
        for entry in entries(role)
    )


def is_service(role: Role, name: str) -> bool:
    """Whether a service, or another name of one, is called this."""
    from speakdesk.pipeline.catalogue_entries import ALIASES, find

    return (role, name) in ALIASES or find(role, name) is not None


def key_offers() -> Sequence[KeyOffer]:
    """Every key and address that can be kept, in the order to show them."""
    from speakdesk.store.secrets import KEY_NAMES

    return tuple(KeyOffer(k.name, k.title, k.help, k.is_secret) for k in KEY_NAMES if k.is_listed)
