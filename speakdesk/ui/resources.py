"""Where the pictures lie: beside the source, inside the package, or in a frozen bundle."""

from __future__ import annotations

import sys
from pathlib import Path


def resource_folder() -> Path:
    """The folder `resources`; the first of the three places that exists."""
    package = Path(__file__).resolve().parent.parent
    places = [package.parent / "resources", package / "_data" / "resources"]
    frozen = getattr(sys, "_MEIPASS", "")
    if frozen:
        places.insert(0, Path(frozen) / "resources")
    for place in places:
        if (place / "icons").is_dir():
            return place
    return places[-1]
