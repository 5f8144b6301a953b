"""Who can put bots into meetings from this desk, and what is missing where one cannot yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from speakdesk.app.practice import PracticeMeeting
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import Platform
from speakdesk.domain.speech import Keys
from speakdesk.providers.base import Capability, KeyCheck, KeyVerdict, MeetingProvider
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.providers.meetingbaas.v1.client import MeetingBaasV1Provider
from speakdesk.providers.meetingbaas.webhooks import WebhookEvent
from speakdesk.providers.practice.provider import PracticeProvider

PRACTICE = "practice"
MEETINGBAAS = "meetingbaas"
MEETINGBAAS_V1 = "meetingbaas-v1"
MEETINGBAAS_KEY = "MEETING_BAAS_API_KEY"
MEETINGBAAS_URL = "MEETING_BAAS_API_URL"
MEETINGBAAS_V1_URL = "MEETING_BAAS_V1_API_URL"

_CLIENTS: Mapping[str, type[MeetingBaasV2Provider] | type[MeetingBaasV1Provider]] = {
    MEETINGBAAS: MeetingBaasV2Provider,
    MEETINGBAAS_V1: MeetingBaasV1Provider,
}


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """A provider as a face offers it; `why` says what is missing where it is not ready."""

    key: str
    name: str
    platforms: frozenset[Platform]
    is_ready: bool
    why: str = ""
    capabilities: frozenset[Capability] = frozenset()


class Providers:
    """Makes provider clients when they are needed and closes them with the desk."""

    def __init__(
        self,
        practice: PracticeMeeting,
        keys: Callable[[], Keys],
        given: Mapping[str, MeetingProvider],
    ) -> None:
        self._practice = practice
        self._keys = keys
        self._given = dict(given)
        self._made: dict[tuple[str, str, str], MeetingProvider] = {}

    def infos(self) -> tuple[ProviderInfo, ...]:
        """All of them, those that are not ready included."""
        has_key = self._keys().has(MEETINGBAAS_KEY)
        infos = [
            ProviderInfo(
                PRACTICE,
                "Practice room",
                frozenset({Platform.PRACTICE}),
                True,
                "runs on this computer; no key needed",
                PracticeProvider.capabilities,
            ),
            *(
                ProviderInfo(
                    key,
                    client.name,
                    client.platforms,
                    has_key,
                    "" if has_key else f"needs a key: set {MEETINGBAAS_KEY}",
                    client.capabilities,
                )
                for key, client in _CLIENTS.items()
            ),
        ]
        known = {info.key for info in infos}
        infos += [
            ProviderInfo(p.key, p.name, p.platforms, True, "", p.capabilities)
            for key, p in self._given.items()
            if key not in known
        ]
        return tuple(infos)

    async def get(self, launch: Launch) -> MeetingProvider:
        """The provider a launch asks for. Raises ProviderError where it cannot take it."""
        if launch.provider not in self._given:
            info = self._info(launch.provider)
            if launch.meeting.platform not in info.platforms:
                raise ProviderError(_cannot_reach(info, launch.meeting.platform))
        return await self.named(launch.provider)

    async def named(self, key: str) -> MeetingProvider:
        """The provider of this name. Raises ProviderError where there is none, or no key for it."""
        given = self._given.get(key)
        if given is not None:
            return given
        info = self._info(key)
        if not info.is_ready:
            raise ProviderError(
                Problem(
                    Stage.SETTINGS,
                    Reason.MISSING,
                    f"{info.name} {info.why}.",
                    "Put the key into Settings or into .env, then try again.",
                )
            )
        if key == PRACTICE:
            return await self._practice.open()
        return self._client(key)

    async def check_key(self, key: str) -> KeyCheck:
        """What the key for a provider is worth. Raises ProviderError where there is no such one."""
        if key not in self._given:
            info = self._info(key)
            if key == PRACTICE:
                return KeyCheck(KeyVerdict.NOT_NEEDED, f"{info.name} needs no key.")
            if not info.is_ready:
                return KeyCheck(KeyVerdict.MISSING, f"{info.name} {info.why}.")
        return await (await self.named(key)).check()

    def note_report(self, key: str, event: WebhookEvent) -> None:
        """A provider told something by itself; one that cannot be asked remembers it."""
        for client in (self._given.get(key), self._made.get(self._address(key))):
            if isinstance(client, MeetingBaasV1Provider):
                client.note_webhook(event)

    async def close(self) -> None:
        """Close every client."""
        for provider in (*self._given.values(), *self._made.values()):
            await provider.aclose()
        self._made.clear()

    def _info(self, key: str) -> ProviderInfo:
        infos = self.infos()
        for info in infos:
            if info.key == key:
                return info
        raise ProviderError(
            Problem(
                Stage.PROVIDER,
                Reason.MISSING,
                f"There is no provider {key!r}.",
                f"Choose one of: {', '.join(i.key for i in infos)}.",
            )
        )

    def _client(self, key: str) -> MeetingProvider:
        address = self._address(key)
        made = self._made.get(address)
        if made is None:
            client, (_, secret, url) = _CLIENTS[key], address
            made = client(secret, url) if url else client(secret)
            self._made[address] = made
        return made

    def _address(self, key: str) -> tuple[str, str, str]:
        keys = self._keys()
        url = keys.get(MEETINGBAAS_URL)
        if key == MEETINGBAAS_V1:
            url = keys.get(MEETINGBAAS_V1_URL) or url
        return key, keys.get(MEETINGBAAS_KEY), url


def _cannot_reach(info: ProviderInfo, platform: Platform) -> Problem:
    next_step = (
        "Use practice://room as the meeting, or choose another provider."
        if info.key == PRACTICE
        else "Choose the practice room as the provider, or paste a meeting's link."
    )
    return Problem(
        Stage.PROVIDER,
        Reason.UNSUPPORTED,
        f"{info.name} does not lead to {platform.label} meetings."
        if platform is not Platform.PRACTICE
        else f"{info.name} does not lead to the practice room.",
        next_step,
    )
