"""What the doctor looks at on this desk."""

from __future__ import annotations

from pathlib import Path

from speakdesk.app.checks import (
    CheckResult,
    check_disk,
    check_offline_hearing,
    check_offline_speech,
    check_port,
    check_python,
    run_checks,
)
from speakdesk.app.providers import PRACTICE, Providers
from speakdesk.app.reports import SIGNING_SECRET, Reports
from speakdesk.app.way_in import WayIn
from speakdesk.providers.base import KeyVerdict
from speakdesk.store.paths import Paths
from speakdesk.store.personas.library import PersonaLibrary
from speakdesk.store.secrets import KEY_NAMES, KeyRing
from speakdesk.store.settings import Settings


async def desk_checks(
    paths: Paths,
    settings: Settings,
    keys: KeyRing,
    personas: PersonaLibrary,
    way_in: WayIn,
    reports: Reports,
) -> tuple[CheckResult, ...]:
    """Everything that can be known without sending a bot anywhere."""
    found = await run_checks(
        (
            check_python,
            check_offline_hearing,
            check_offline_speech,
            lambda: check_port("127.0.0.1", settings.port, way_in.port),
            way_in.check,
            lambda: check_disk(paths.data),
        )
    )
    account = _account_reports(reports, way_in.lasting_base, keys)
    return (*found, *account, _personas(personas, paths.personas), *_keys(keys))


async def key_checks(providers: Providers) -> tuple[CheckResult, ...]:
    """What the providers say of their keys; those without a key are left out."""
    results = []
    for info in providers.infos():
        if not info.is_ready or info.key == PRACTICE:
            continue
        check = await providers.check_key(info.key)
        is_good = check.verdict in (KeyVerdict.FULL, KeyVerdict.NOT_NEEDED)
        problem = check.problem
        words = f" ({problem.vendor_words})" if problem and problem.vendor_words else ""
        results.append(
            CheckResult(
                f"{info.name} key",
                is_good,
                f"{check.sentence}{words}",
                problem.next_step if problem else "",
                is_optional=check.verdict is KeyVerdict.UNKNOWN,
            )
        )
    return tuple(results)


def _account_reports(reports: Reports, base: str, keys: KeyRing) -> tuple[CheckResult, ...]:
    """Where the account's own webhook may lead; left out while it would be another each time."""
    url = reports.dashboard_url(base) if base else ""
    if not url:
        return ()
    if keys.source_of(SIGNING_SECRET):
        sentence = f"MeetingBaas's account webhook comes in at {url} while a bot is out."
        return (CheckResult("Account webhook", True, sentence, is_optional=True),)
    return (
        CheckResult(
            "Account webhook",
            False,
            f"MeetingBaas can report each change at once to {url}; now SpeakDesk has to ask.",
            "Enter that address under Webhooks in the MeetingBaas dashboard, and copy the signing "
            f"secret it shows then into {SIGNING_SECRET}.",
            is_optional=True,
        ),
    )


def _personas(library: PersonaLibrary, own: Path) -> CheckResult:
    count, broken = len(library.all()), library.broken()
    if broken:
        first = broken[0]
        return CheckResult(
            "Personas",
            False,
            f"{count} personas, {len(broken)} broken: {first.folder.name}: {first.sentence}",
            f"Edit {first.folder / 'README.md'}" + (f", line {first.line}." if first.line else "."),
            is_optional=bool(count),
        )
    return CheckResult("Personas", bool(count), f"{count} personas; your own go into {own}.")


def _keys(keys: KeyRing) -> tuple[CheckResult, ...]:
    secret = [key for key in KEY_NAMES if key.is_secret]
    results = [
        CheckResult(key.title, True, f"{key.name} is set ({source}).", is_optional=True)
        for key in secret
        if (source := keys.source_of(key.name))
    ]
    unset = [key.name for key in secret if not keys.source_of(key.name)]
    if unset:
        results.append(
            CheckResult(
                "Keys",
                False,
                f"Not set: {', '.join(unset)}.",
                "The practice room needs none. Put those you have into .env or the settings.",
                is_optional=True,
            )
        )
    if keys.problem is not None:
        results.append(
            CheckResult(
                "Key store",
                False,
                keys.problem.sentence,
                keys.problem.next_step,
                is_optional=True,
            )
        )
    return tuple(results)
