"""The practice room as a meeting provider: the MeetingBaas v2 client, pointed at loopback."""

from __future__ import annotations

from speakdesk.domain.meeting import Platform
from speakdesk.providers.base import Capability
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider


class PracticeProvider(MeetingBaasV2Provider):
    """Bots for `practice://room`; needs no key and no public address."""

    key = "practice"
    name = "Practice room"
    capabilities = frozenset({Capability.AUDIO, Capability.CHAT, Capability.STATUS})
    platforms = frozenset({Platform.PRACTICE})
    needs_public_url = False
    needs_key = False

    def __init__(self, base_url: str, api_key: str = "") -> None:
        super().__init__(api_key, base_url)
