"""Pictures are served under addresses nobody can guess, and only while they are offered."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from speakdesk.domain.errors import GatewayError
from speakdesk.gateway import avatars as module
from speakdesk.gateway.avatars import Avatars
from speakdesk.gateway.door import Door
from speakdesk.gateway.listener import Listener

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
JPEG = b"\xff\xd8\xff\xe0" + b"picture"


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener(Door(), port=0)
    await listener.open()
    yield listener
    await listener.close()


@pytest.fixture
async def http(listener: Listener) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.port}") as http:
        yield http


@pytest.mark.parametrize(("data", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
async def test_a_picture_is_served_as_what_it_is_until_it_is_withdrawn(
    listener: Listener, http: httpx.AsyncClient, data: bytes, kind: str
) -> None:
    path = listener.avatars.serve(data, kind)
    answer = await http.get(path)
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await http.head(path)).status_code == 200
    listener.avatars.withdraw(path)
    listener.avatars.withdraw(path)
    assert (await http.get(path)).status_code == 404
    assert listener.door.refused == 1


async def test_there_is_no_way_around_the_address(
    listener: Listener, http: httpx.AsyncClient
) -> None:
    path = listener.avatars.serve(PNG, "image/png")
    token = path.split("/")[2]
    for wrong in (
        "/avatars/",
        "/avatars/picture.png",
        f"/avatars/{token}/",
        f"/avatars/{token}/other.png",
        f"/avatars/{token}/../picture.png",
        f"/avatars/{token}/%2e%2e%2fpicture.png",
        "/avatars/..%2f..%2fetc/passwd",
        "/avatars/guess/picture.png",
    ):
        assert (await http.get(wrong)).status_code == 404
    assert (await http.post(path)).status_code == 405


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<svg>", "image/svg+xml"),
        (b"<html>", "image/png"),
        (PNG, "image/jpeg"),
        (b"", "text/html"),
    ],
)
def test_only_pictures_that_meetings_show_are_offered(data: bytes, kind: str) -> None:
    with pytest.raises(GatewayError, match="no PNG or JPEG"):
        Avatars().serve(data, kind)


def test_a_picture_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    with pytest.raises(GatewayError, match="too large"):
        Avatars().serve(PNG, "image/png")


def test_the_oldest_goes_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PICTURES", 2)
    avatars = Avatars()
    tokens = [avatars.serve(PNG, "image/png").split("/")[2] for _ in range(3)]
    assert [avatars.find(token, "picture.png") is None for token in tokens] == [True, False, False]
    avatars.clear()
    assert avatars.find(tokens[2], "picture.png") is None
