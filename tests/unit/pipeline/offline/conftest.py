"""The persona the offline tests talk to, read without the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from speakdesk.domain.persona import Knowledge, Persona

FOLDER = Path(__file__).parents[3] / "fixtures" / "offline_persona"


@pytest.fixture
def olga() -> Persona:
    return Persona(
        key="olga",
        name="Olga",
        prompt="You are an onboarding guide who helps new colleagues through the first weeks.",
        characteristics=("Answers in short, plain sentences",),
        metadata={"language_code": "en-US", "gender": "FEMALE"},
        knowledge=tuple(
            Knowledge(file.name, file.read_text(encoding="utf-8"))
            for file in sorted(FOLDER.glob("*.md"))
            if file.name != "README.md"
        ),
    )


@pytest.fixture
def german(olga: Persona) -> Persona:
    return replace(
        olga,
        name="Jana",
        prompt="Du bist eine Begleiterin für neue Kolleginnen und Kollegen.",
        metadata={"language_code": "de-DE"},
        knowledge=(
            Knowledge(
                "urlaub.md",
                "# Urlaub\n\nDreißig Tage Urlaub stehen im Vertrag. Urlaubsanträge stellt man "
                "zwei Wochen vorher.\n\n# Parken\n\nParkplätze gibt es im Hof.\n",
            ),
        ),
    )
