"""Zoom users connected to MeetingBaas v1 by OAuth (contracts/meetingbaas.md §1.2)."""

from __future__ import annotations

from urllib.parse import quote

from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.errors import problem_with_reply
from speakdesk.providers.meetingbaas.http import Conversation
from speakdesk.providers.meetingbaas.v1.paths import Collections
from speakdesk.providers.meetingbaas.zoom import ZoomCredential, ZoomLogin, read_credential

CONNECTIONS = "/zoom_oauth_connections"


class V1ZoomConnections:
    """`/zoom_oauth_connections`. Every method raises ProviderError and nothing else."""

    def __init__(self, v1: Conversation, collections: Collections) -> None:
        self._v1 = v1
        self._collections = collections

    async def connect(self, login: ZoomLogin) -> ZoomCredential | None:
        """Connect a Zoom user with the authorization code of a consent. Sent once.

        None where the service took it and said no more: then `all` has it.
        """
        body = {
            "authorization_code": login.authorization_code,
            "redirect_uri": login.redirect_uri,
            "zoom_client_id": login.client_id,
            "zoom_client_secret": login.client_secret,
        }
        secrets = (login.client_secret, login.authorization_code)
        answer = await self._collections.call(
            "POST", CONNECTIONS, body=body, secrets=secrets, may_be_empty=True
        )
        return read_credential(answer) if isinstance(answer, dict) else None

    async def all(self) -> tuple[ZoomCredential, ...]:
        """Every connected user."""
        answer = await self._collections.call("GET", CONNECTIONS, repeatable=True)
        if not isinstance(answer, list):
            raise problem_with_reply(self._v1.who, "without the list that was asked for")
        return tuple(read_credential(item) for item in reading.items(answer))

    async def get(self, connection_id: str) -> ZoomCredential:
        """One connected user."""
        return read_credential(await self._v1.get(_path(connection_id)))

    async def disconnect(self, connection_id: str) -> None:
        """Forget a user."""
        await self._v1.call("DELETE", _path(connection_id), may_be_empty=True)


def _path(connection_id: str) -> str:
    return f"{CONNECTIONS}/{quote(connection_id, safe='')}"
