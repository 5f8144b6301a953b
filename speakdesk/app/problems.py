"""What can go wrong in a bot's life, as sentences for a person."""

from __future__ import annotations

from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.store.personas import BrokenPersona


def crashed(error: Exception) -> Problem:
    """A bot's life ended in an error nobody expected."""
    return Problem(
        Stage.APP,
        Reason.CRASHED,
        "The bot stopped because of a mistake in SpeakDesk.",
        "Launch it again; the log says more. The other bots are not affected.",
        type(error).__name__,
    )


def status_unknown(provider: str, cause: Problem) -> Problem:
    """The provider does not tell how a bot is doing."""
    return Problem(
        Stage.PROVIDER,
        cause.reason,
        f"{provider} does not say how the bot is doing. What is shown may be out of date.",
        "The bot goes on; SpeakDesk keeps asking.",
        cause.vendor_words,
        is_permanent=False,
    )


def unexplained_failure(provider: str, raw: str) -> Problem:
    """The provider says no more than that the bot failed."""
    return Problem(
        Stage.PROVIDER,
        Reason.REFUSED,
        f"{provider} says that the bot failed.",
        "Launch it again; if it happens again, ask the provider with the bot's id.",
        raw,
    )


def may_still_be_there(provider: str, cause: Problem) -> Problem:
    """The request to leave was not taken."""
    return Problem(
        Stage.PROVIDER,
        cause.reason,
        f"{provider} did not take the request to leave, so the bot may still be in the meeting.",
        "Remove it in the meeting itself.",
        cause.vendor_words,
    )


def no_audio(provider: str, was_connected: bool) -> Problem:
    """A bot is in the call and its audio is not here, or no more."""
    if was_connected:
        return Problem(
            Stage.CALL,
            Reason.CONNECTIVITY,
            "The meeting's audio was cut off; the bot hears nothing and cannot be heard.",
            f"{provider} dials again by itself. If it does not, let the bot leave and join again.",
            is_permanent=False,
        )
    return Problem(
        Stage.CALL,
        Reason.CONNECTIVITY,
        "The bot is in the meeting, but its audio has not reached SpeakDesk.",
        "Check that SpeakDesk can be reached from outside, then launch the bot again.",
        is_permanent=False,
    )


def way_in_moved(provider: str) -> Problem:
    """The tunnel came back under another name."""
    return Problem(
        Stage.TUNNEL,
        Reason.CONNECTIVITY,
        f"The tunnel came back under another name, so {provider}'s bot cannot reach SpeakDesk any "
        "more.",
        "Let this bot leave and send it again.",
    )


def broken_persona(broken: BrokenPersona) -> Problem:
    """A persona's folder cannot be read, so it is not offered."""
    line = f", line {broken.line}" if broken.line else ""
    return Problem(
        Stage.PERSONA,
        Reason.BAD_INPUT,
        f"The persona {broken.folder.name} cannot be read: {broken.sentence}",
        f"Edit {broken.folder / 'README.md'}{line}, then start SpeakDesk again.",
    )


def may_be_on_its_way(provider: str) -> Problem:
    """The provider never said whether it made the bot that is no longer wanted."""
    return Problem(
        Stage.PROVIDER,
        Reason.TIMEOUT,
        f"{provider} did not say whether it sent the bot, so one may still come to the meeting.",
        f"Look in the {provider} dashboard, or remove it in the meeting itself.",
    )
