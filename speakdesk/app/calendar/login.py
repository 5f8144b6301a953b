"""Signing in to a calendar: which values are needed, where to get them, which are kept here.

Client secrets and refresh tokens are kept in the computer's key store or nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from speakdesk.domain.calendar import CalendarLogin
from speakdesk.domain.speech import Keys
from speakdesk.store.redaction import KNOWN_SECRETS


@dataclass(frozen=True, slots=True)
class LoginField:
    """One value of a sign-in: the CalendarLogin's field, the key's name, and words for it."""

    field: str
    key_name: str
    title: str
    is_secret: bool
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class LoginGuide:
    """A vendor of calendars as a face offers it; `where` says how to get the values."""

    platform: str
    name: str
    where: str
    fields: tuple[LoginField, ...]


def _fields(vendor: str) -> tuple[LoginField, ...]:
    return (
        LoginField("client_id", f"{vendor}_CALENDAR_CLIENT_ID", "Client id", False),
        LoginField("client_secret", f"{vendor}_CALENDAR_CLIENT_SECRET", "Client secret", True),
        LoginField("refresh_token", f"{vendor}_CALENDAR_REFRESH_TOKEN", "Refresh token", True),
    )


GUIDES: tuple[LoginGuide, ...] = (
    LoginGuide(
        "google",
        "Google",
        "In the Google Cloud console, switch on the Calendar API and make an OAuth client of the "
        "kind “Web application”. Sign in with it once, with the scope calendar.readonly and "
        "offline access: Google's OAuth Playground then shows the refresh token.",
        _fields("GOOGLE"),
    ),
    LoginGuide(
        "microsoft",
        "Microsoft",
        "In the Microsoft Entra admin centre, register an application with the permissions "
        "Calendars.Read and offline_access, and make a client secret for it. Sign in with it once "
        "and take the refresh token out of the answer.",
        (
            *_fields("MICROSOFT"),
            LoginField(
                "tenant_id", "MICROSOFT_CALENDAR_TENANT_ID", "Tenant", False, is_optional=True
            ),
        ),
    ),
)


def guide_for(platform: str) -> LoginGuide | None:
    """The guide for "google" or "microsoft"; None for anything else."""
    return next((g for g in GUIDES if g.platform == platform.strip().lower()), None)


def kept_login(guide: LoginGuide, keys: Keys) -> CalendarLogin:
    """What is known from the environment, `.env` or the key store; empty where it is not."""
    values = {field.field: keys.get(field.key_name) for field in guide.fields}
    return CalendarLogin(platform=guide.platform, **values)


def filled_in(given: CalendarLogin, kept: CalendarLogin) -> CalendarLogin:
    """The login a person gave, with what is kept in the place of what was left empty."""
    changes: Mapping[str, str] = {
        name: getattr(given, name).strip() or getattr(kept, name)
        for name in ("client_id", "client_secret", "refresh_token", "tenant_id")
    }
    login = replace(given, **changes)
    KNOWN_SECRETS.add(*(s for s in (login.client_secret, login.refresh_token) if s))
    return login


def missing_in(login: CalendarLogin, guide: LoginGuide) -> tuple[LoginField, ...]:
    """The fields that are still empty and must not be."""
    return tuple(
        field for field in guide.fields if not field.is_optional and not getattr(login, field.field)
    )
