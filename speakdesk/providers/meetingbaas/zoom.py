"""Zoom credentials kept by MeetingBaas v2 (contracts/meetingbaas.md §2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.bots import list_of, object_of
from speakdesk.providers.meetingbaas.errors import clean
from speakdesk.providers.meetingbaas.http import Conversation

CREDENTIALS = "/v2/zoom-credentials"


@dataclass(frozen=True, slots=True)
class ZoomLogin:
    """A Zoom application; with an authorization code (and its redirect URI) also a Zoom user."""

    client_id: str
    client_secret: str = field(repr=False)
    authorization_code: str = field(default="", repr=False)
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True)
class ZoomCredential:
    """One kept credential. `kind` is "app" or "user"; `problem` is set where it stopped working."""

    credential_id: str
    name: str = ""
    kind: str = ""
    state: str = ""
    email: str = ""
    display_name: str = ""
    user_id: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    problem: Problem | None = None


class ZoomCredentials:
    """The operations on `/v2/zoom-credentials`. Every method raises ProviderError, nothing else."""

    def __init__(self, v2: Conversation) -> None:
        self._v2 = v2

    async def create(self, name: str, login: ZoomLogin) -> ZoomCredential:
        """Keep a credential under a name of 1 to 100 characters. Sent once."""
        body = {"name": name, **_login_body(login)}
        return self._one(await self._v2.post(CREDENTIALS, body, secrets=_secrets(login)))

    async def all(self, *, kind: str = "", state: str = "") -> tuple[ZoomCredential, ...]:
        """Every credential, or those of a kind ("app", "user") and state ("active", "invalid")."""
        query = {"credential_type": kind, "state": state}
        given = {key: value for key, value in query.items() if value}
        envelope = await self._v2.get(CREDENTIALS, given)
        return tuple(read_credential(item) for item in list_of(envelope, self._v2.who))

    async def get(self, credential_id: str) -> ZoomCredential:
        """One credential."""
        return self._one(await self._v2.get(_path(credential_id)))

    async def change(
        self, credential_id: str, *, name: str = "", login: ZoomLogin | None = None
    ) -> ZoomCredential:
        """Give it another name, or other values."""
        body: dict[str, Any] = {"name": name} if name else {}
        if login is not None:
            body |= _login_body(login)
        secrets = _secrets(login) if login else ()
        return self._one(await self._v2.patch(_path(credential_id), body, secrets=secrets))

    async def delete(self, credential_id: str) -> None:
        """Forget it; bots that name it cannot join any more."""
        await self._v2.delete(_path(credential_id))

    def _one(self, envelope: Mapping[str, Any]) -> ZoomCredential:
        return read_credential(object_of(envelope, self._v2.who))


def read_credential(data: Mapping[str, Any]) -> ZoomCredential:
    """A credential as the service describes it; the v1 connections read the same."""
    state = reading.text(data.get("state"))
    failure = data.get("last_error_message") or data.get("connection_failure_data")
    return ZoomCredential(
        credential_id=reading.word(data.get("credential_id") or data.get("uuid")),
        name=reading.text(data.get("name")),
        kind=reading.text(data.get("credential_type")),
        state=state,
        email=reading.text(data.get("zoom_email")),
        display_name=reading.text(data.get("zoom_display_name")),
        user_id=reading.text(data.get("zoom_user_id")),
        created=reading.moment(data.get("created_at")),
        updated=reading.moment(data.get("updated_at")),
        problem=_problem(clean(str(failure)) if failure else "")
        if state in ("invalid", "refresh_failed")
        else None,
    )


def _problem(words: str) -> Problem:
    return Problem(
        Stage.PROVIDER,
        Reason.AUTHENTICATION,
        "Zoom does not accept this credential any more.",
        "Connect the Zoom application or user again.",
        words,
    )


def _login_body(login: ZoomLogin) -> dict[str, str]:
    body = {"client_id": login.client_id, "client_secret": login.client_secret}
    if login.authorization_code:
        body["authorization_code"] = login.authorization_code
    if login.redirect_uri:
        body["redirect_uri"] = login.redirect_uri
    return body


def _secrets(login: ZoomLogin) -> tuple[str, ...]:
    return (login.client_secret, login.authorization_code)


def _path(credential_id: str) -> str:
    return f"{CREDENTIALS}/{quote(credential_id, safe='')}"
