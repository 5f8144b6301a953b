"""The colour tokens of the two appearances; imports no Qt, so the first painting may use it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one appearance, as `#RRGGBB` (design §10); `*_text` are fit for small type."""

    name: str
    background: str
    surface: str
    raised: str
    line: str
    line_strong: str
    text: str
    muted: str
    accent: str
    accent_soft: str
    accent_text: str
    on_accent: str
    good: str
    good_text: str
    attention: str
    attention_text: str
    attention_ground: str
    bad: str
    bad_text: str
    bad_ground: str


LIGHT = Theme(
    name="light",
    background="#F6F7F9",
    surface="#FFFFFF",
    raised="#F1F3F6",
    line="#E3E6EB",
    line_strong="#CBD1DA",
    text="#16191F",
    muted="#667085",
    accent="#2F6FED",
    accent_soft="#EEF3FE",
    accent_text="#1F5BD0",
    on_accent="#FFFFFF",
    good="#1F9D55",
    good_text="#17753F",
    attention="#B7791F",
    attention_text="#8A5A12",
    attention_ground="#FFF7E6",
    bad="#C53030",
    bad_text="#B42323",
    bad_ground="#FDF0F0",
)
DARK = Theme(
    name="dark",
    background="#14161A",
    surface="#1C1F25",
    raised="#242830",
    line="#2B3038",
    line_strong="#444B57",
    text="#E8EAED",
    muted="#98A2B3",
    accent="#5B8DEF",
    accent_soft="#202A3D",
    accent_text="#8FB2F6",
    on_accent="#10131A",
    good="#4CC38A",
    good_text="#5FD09A",
    attention="#E3B341",
    attention_text="#E3B341",
    attention_ground="#2E2816",
    bad="#F97066",
    bad_text="#F97066",
    bad_ground="#331D1D",
)
