"""The doctor says where MeetingBaas's account webhook may lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from speakdesk.app.checks import CheckResult
from speakdesk.app.desk import Desk
from speakdesk.store.paths import Paths
from tests.fixtures.bad_day import KEYS_OF_OTHERS


async def found(home: Path, patch: pytest.MonkeyPatch, **environ: str) -> CheckResult | None:
    for name in KEYS_OF_OTHERS:
        patch.delenv(name, raising=False)
    for name, value in environ.items():
        patch.setenv(name, value)
    desk = Desk(Paths.inside(home))
    await desk.open()
    try:
        checks = {check.name: check for check in await desk.checks()}
        return checks.get("Account webhook")
    finally:
        await desk.close()


async def test_an_address_of_ones_own_can_be_entered_in_the_dashboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"MEETING_BAAS_API_KEY": "k-0123456789", "BASE_URL": "https://desk.example.com"}
    without = await found(tmp_path, monkeypatch, **keys)
    assert without is not None
    assert not without.ok
    assert "https://desk.example.com/webhooks/meetingbaas/" in without.sentence
    assert "signing secret" in without.next_step
    with_secret = await found(
        tmp_path, monkeypatch, **keys, MEETING_BAAS_WEBHOOK_SECRET="whsec_c2VjcmV0"
    )
    assert with_secret is not None
    assert with_secret.ok


async def test_an_address_that_changes_with_each_start_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await found(tmp_path, monkeypatch, MEETING_BAAS_API_KEY="k-0123456789") is None
