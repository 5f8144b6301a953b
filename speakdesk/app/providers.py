"""Who can put bots into meetings from this desk, and what is missing where one cannot yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from speakdesk.app.practice import PracticeMeeting
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import Platform
from speakdesk.domain.speech import Keys
from speakdesk.providers.base import MeetingProvider
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider

PRACTICE = "practice"
MEETINGBAAS = "meetingbaas"
MEETINGBAAS_KEY = "MEETING_BAAS_API_KEY"
MEETINGBAAS_URL = "MEETING_BAAS_API_URL"


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """A provider as a face offers it; `why` says what is missing where it is not ready."""

    key: str
    name: str
    platforms: frozenset[Platform]
    is_ready: bool
    why: str = ""


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
        self._made: dict[tuple[str, str], MeetingProvider] = {}

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
            ),
            ProviderInfo(
                MEETINGBAAS,
                MeetingBaasV2Provider.name,
                MeetingBaasV2Provider.platforms,
                has_key,
                "" if has_key else f"needs a key: set {MEETINGBAAS_KEY}",
            ),
        ]
        known = {info.key for info in infos}
        infos += [
            ProviderInfo(p.key, p.name, p.platforms, True)
            for key, p in self._given.items()
            if key not in known
        ]
        return tuple(infos)

    async def get(self, launch: Launch) -> MeetingProvider:
        """The provider a launch asks for. Raises ProviderError where it cannot take it."""
        given = self._given.get(launch.provider)
        if given is not None:
            return given
        info = next((i for i in self.infos() if i.key == launch.provider), None)
        if info is None:
            raise ProviderError(
                Problem(
                    Stage.PROVIDER,
                    Reason.MISSING,
                    f"There is no provider {launch.provider!r}.",
                    f"Choose one of: {', '.join(i.key for i in self.infos())}.",
                )
            )
        if launch.meeting.platform not in info.platforms:
            raise ProviderError(_cannot_reach(info, launch.meeting.platform))
        if not info.is_ready:
            raise ProviderError(
                Problem(
                    Stage.SETTINGS,
                    Reason.MISSING,
                    f"{info.name} {info.why}.",
                    "Put the key into Settings or into .env, then launch again.",
                )
            )
        if info.key == PRACTICE:
            return await self._practice.open()
        return self._meetingbaas()

    async def close(self) -> None:
        """Close every client."""
        for provider in (*self._given.values(), *self._made.values()):
            await provider.aclose()
        self._made.clear()

    def _meetingbaas(self) -> MeetingProvider:
        keys = self._keys()
        key, url = keys.get(MEETINGBAAS_KEY), keys.get(MEETINGBAAS_URL)
        made = self._made.get((key, url))
        if made is None:
            made = MeetingBaasV2Provider(key, url) if url else MeetingBaasV2Provider(key)
            self._made[key, url] = made
        return made


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
