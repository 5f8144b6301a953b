"""Pictures that a provider fetches from this computer, each under its own unguessable address."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage

MOST_BYTES = 5 * 1024 * 1024
MOST_PICTURES = 64
PATH = "/avatars/"

# What providers take as a bot's picture (contracts/meetingbaas.md §2.3), by how such a file begins.
_KINDS = {"image/png": (b"\x89PNG\r\n\x1a\n", "png"), "image/jpeg": (b"\xff\xd8\xff", "jpg")}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as it is served."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


class Avatars:
    """The pictures that are served now, all in memory; there is no folder behind them."""

    def __init__(self) -> None:
        self._pictures: OrderedDict[str, Picture] = OrderedDict()

    def serve(self, data: bytes, media_type: str) -> str:
        """Offer a picture; returns its path, `/avatars/<token>/<name>`.

        The oldest one goes where there are too many. Raises GatewayError for what is no PNG or
        JPEG, and for more than 5 MB.
        """
        begins, suffix = _KINDS.get(media_type.split(";")[0].strip().lower(), (b"", ""))
        if not suffix or not data.startswith(begins):
            raise _refused(
                Reason.BAD_INPUT,
                "This picture is no PNG or JPEG, and meeting bots show nothing else.",
                "Choose a PNG or JPEG picture.",
            )
        if len(data) > MOST_BYTES:
            raise _refused(
                Reason.BAD_INPUT,
                f"This picture is too large: {len(data) / 1e6:.1f} MB, and at most "
                f"{MOST_BYTES // 1024 // 1024} MB are shown.",
                "Choose a smaller picture.",
            )
        token = secrets.token_urlsafe(24)
        kind = "image/png" if suffix == "png" else "image/jpeg"
        self._pictures[token] = Picture(f"picture.{suffix}", kind, data)
        while len(self._pictures) > MOST_PICTURES:
            self._pictures.popitem(last=False)
        return f"{PATH}{token}/picture.{suffix}"

    def withdraw(self, path: str) -> None:
        """Offer the picture at this path no more; one that is gone already is no error."""
        self._pictures.pop(path.removeprefix(PATH).partition("/")[0], None)

    def clear(self) -> None:
        """Offer none."""
        self._pictures.clear()

    def find(self, token: str, name: str) -> Picture | None:
        """The picture under this address, None where there is none."""
        # 192 random bits are looked up by hash: its time tells nothing about a nearly right guess.
        picture = self._pictures.get(token)
        return picture if picture is not None and picture.name == name else None


def _refused(reason: Reason, sentence: str, next_step: str) -> GatewayError:
    return GatewayError(Problem(Stage.GATEWAY, reason, sentence, next_step))
