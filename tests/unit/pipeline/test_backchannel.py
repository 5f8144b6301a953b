# ruff: noqa: RUF001
"""Agreement and what is not."""

from __future__ import annotations

import pytest

from speakdesk.pipeline.backchannel import is_backchannel


@pytest.mark.parametrize(
    "text",
    [
        "mm-hm",
        "Mm-hmm.",
        "uh-huh",
        "Yeah.",
        "Okay, right.",
        "I see.",
        "Ja, genau!",
        "ach so",
        "d'accord",
        "D’accord, oui.",
        "tout à fait",
        "Sí, claro.",
        "va bene",
        "да, конечно",
        "はい。",
        "嗯,对",
        "…",
    ],
)
def test_agreement(text: str) -> None:
    assert is_backchannel(text, 2)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "stop",
        "Wait.",
        "okay stop",
        "yes but",
        "nein",
        "non",
        "yeah yeah yeah",
        "see",
        "all",
        "Ja, genau, aber",
        "What?",
    ],
)
def test_anything_else(text: str) -> None:
    assert not is_backchannel(text, 2)


def test_no_words_allowed_means_no_agreement() -> None:
    assert not is_backchannel("mm-hm", 0)
    assert not is_backchannel("okay right", 1)
