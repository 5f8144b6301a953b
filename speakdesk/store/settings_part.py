"""What every part of the settings is: checked, never changed, and keeping what it does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SettingsPart(BaseModel):
    """A group of settings."""

    model_config = ConfigDict(extra="allow", frozen=True, validate_default=True)
