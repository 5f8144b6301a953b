"""Whether a provider can send anybody into a meeting, and what to do where it cannot."""

from __future__ import annotations

from collections.abc import Sequence

from speakdesk.domain.meeting import Platform
from speakdesk.ui.desk_port import ProviderRow


def way_obstacle(
    providers: Sequence[ProviderRow], chosen: ProviderRow | None, platform: Platform
) -> str:
    """Why the chosen provider cannot reach this kind of meeting; empty where it can."""
    if chosen is None or platform not in chosen.platforms:
        return _nobody_reaches(providers, platform)
    return "" if chosen.is_ready else _not_ready(chosen)


def lacks_key(
    providers: Sequence[ProviderRow], chosen: ProviderRow | None, platform: Platform | None
) -> bool:
    """True where a key in Settings would open the way."""
    able = [info for info in providers if platform in info.platforms]
    if any(info == chosen and not info.is_ready for info in able):
        return True
    return bool(able) and not any(info.is_ready for info in able)


def _nobody_reaches(providers: Sequence[ProviderRow], platform: Platform) -> str:
    able = [info for info in providers if platform in info.platforms]
    if able and not any(info.is_ready for info in able):
        return _not_ready(able[0])
    if able:
        names = " or ".join(info.name for info in able)
        return f"This provider does not reach {platform.label} meetings. Choose {names}."
    return (
        f"None of the providers set up here reaches {platform.label} meetings. "
        "Use practice://room, the room on this computer."
    )


def _not_ready(info: ProviderRow) -> str:
    return f"{info.name} {info.why}. Add it in Settings under Keys, or in .env."
