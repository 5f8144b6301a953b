"""A picture's public address through UploadThing.

Protocol facts (UploadThing v7): `POST /v7/prepareUpload` with the key in `x-uploadthing-api-key`
and `{fileName, fileSize, fileType, acl, contentDisposition}` gives `{key, url}`; the file is PUT to
that signed address as a form's `file`, without the key; it is then public at
`https://<app id>.ufs.sh/f/<key>`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.picture import Picture
from speakdesk.providers.vendor import Vendor, VendorLine, checked_key

BASE_URL = "https://api.uploadthing.com"
VENDOR = Vendor(
    "UploadThing",
    "UTFS_KEY",
    Stage.PERSONA,
    "the picture has no public address there",
    PersonaError,
)

_APP_ID = re.compile(r"[A-Za-z0-9-]{1,63}")
_FILE_KEY = re.compile(r"[A-Za-z0-9._-]{1,300}")


class UploadThing:
    """Puts pictures on the web. Raises PersonaError and nothing else.

    `key` is the secret key (`sk_live_…`) or the token the dashboard shows, which holds it.
    """

    def __init__(
        self,
        key: str,
        app_id: str,
        *,
        url: str = "",
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        key = checked_key(VENDOR, key)
        secret = _secret_of(key)
        self._app_id = app_id.strip()
        if not _APP_ID.fullmatch(self._app_id):
            raise PersonaError(
                Problem(
                    Stage.PERSONA,
                    Reason.BAD_INPUT,
                    "APP_ID is not the id of an app at UploadThing.",
                    "Copy it from UploadThing's dashboard, under API keys.",
                )
            )
        self._line = VendorLine(
            VENDOR,
            url or BASE_URL,
            {"x-uploadthing-api-key": secret},
            secrets=(key, secret),
            http=http,
            sleep=sleep,
        )

    async def upload(self, picture: Picture, name: str) -> str:
        """The picture's https address. `name` is a plain file name without an ending."""
        file_name = f"{re.sub(r'[^A-Za-z0-9_-]+', '_', name) or 'picture'}{picture.ending}"
        body = {
            "fileName": file_name,
            "fileSize": len(picture.data),
            "fileType": picture.media_type,
            "acl": "public-read",
            "contentDisposition": "inline",
        }
        prepared = await self._line.json("POST", "/v7/prepareUpload", body=body, repeatable=True)
        file_key, address = prepared.get("key"), prepared.get("url")
        if not isinstance(file_key, str) or not _FILE_KEY.fullmatch(file_key):
            raise self._line.odd("without a name for the picture")
        if not isinstance(address, str) or not self._may_receive(address):
            raise self._line.odd("without an address to send the picture to")
        await self._line.send(
            "PUT",
            address,
            files={"file": (file_name, picture.data, picture.media_type)},
            with_key=False,
            repeatable=True,
            longest_s=60.0,
        )
        return f"https://{self._app_id}.ufs.sh/f/{file_key}"

    async def aclose(self) -> None:
        """Close the connections we opened."""
        await self._line.aclose()

    def _may_receive(self, address: str) -> bool:
        parts, ours = urlsplit(address), urlsplit(self._line.base_url)
        return parts.scheme == "https" or parts.netloc == ours.netloc


def _secret_of(key: str) -> str:
    """The secret key inside a dashboard's token (base64 of JSON), or the key itself."""
    try:
        token = json.loads(base64.b64decode(key + "=" * (-len(key) % 4), validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return key
    secret = token.get("apiKey") if isinstance(token, dict) else None
    return secret if isinstance(secret, str) and secret else key
