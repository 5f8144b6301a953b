"""`speakdesk bots`: which bots are meant."""

from __future__ import annotations

import pytest

from speakdesk.app.bots.account import AccountBot
from speakdesk.cli.bots import BAD_ARGUMENTS, _choose, _json, list_bots
from speakdesk.domain.clock import utc_now

ADA = AccountBot("a1-11", "Ada", "meet x", is_live=True, is_ours=True, bot_id="b1")
MARCO = AccountBot("a1-22", "Marco", "meet x", is_live=False, is_ours=True)
OTHER = AccountBot("c3-33", "Other", "meet x", is_live=True)
SOMEWHERE = AccountBot("d4-44", "V1", "meet x", is_live=None, is_ours=True)
ALL = (ADA, MARCO, OTHER, SOMEWHERE)


def test_all_means_the_live_ones_that_speakdesk_sent() -> None:
    assert _choose(ALL, ()) == ((ADA, SOMEWHERE), 0)


@pytest.mark.parametrize(
    ("word", "bot"), [("a1-22", MARCO), ("c3", OTHER), ("b1", ADA), ("d4-44", SOMEWHERE)]
)
def test_a_bot_is_named_by_its_id_or_how_it_begins(word: str, bot: AccountBot) -> None:
    assert _choose(ALL, (word,)) == ((bot,), 0)


def test_a_beginning_that_fits_several_names_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert _choose(ALL, ("a1",)) == ((), BAD_ARGUMENTS)
    assert "Write more" in capsys.readouterr().err


def test_one_older_than_the_list_is_left_by_its_full_id() -> None:
    (chosen,), status = _choose(ALL, ("zz-9",))
    assert chosen.provider_bot_id == "zz-9"
    assert status == 0


def test_a_provider_without_a_list_is_a_bad_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert list_bots("practice", False, 50, False) == BAD_ARGUMENTS
    assert "no list of bots" in capsys.readouterr().err


def test_the_json_holds_plain_values() -> None:
    now = utc_now()
    value = _json(AccountBot("a", "Ada", "meet x", created=now))
    assert value["created"].endswith("Z")
    assert value["join_at"] is None
