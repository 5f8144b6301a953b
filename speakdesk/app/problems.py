"""What can go wrong in a bot's life, as sentences for a person."""

from __future__ import annotations

from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.store.personas.library import BrokenPersona


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
    if cause.reason is Reason.AUTHENTICATION:
        return Problem(
            Stage.PROVIDER,
            cause.reason,
            f"{provider} does not say how the bot is doing, and would not take a request to leave "
            "either: it refuses the API key for this.",
            f"{cause.next_step} This bot can be removed in the meeting itself.",
            cause.vendor_words,
        )
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


def may_still_be_there(provider: str, cause: Problem | None) -> Problem:
    """The request to leave was not taken, or (without a cause) nothing came of it."""
    if cause is None:
        return Problem(
            Stage.PROVIDER,
            Reason.TIMEOUT,
            f"{provider} took the request to leave, but does not say that the bot has left; it may "
            "still be in the meeting.",
            "Look into the meeting, and remove the bot there if you see it.",
        )
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


def dials_again_and_again(provider: str, every_s: float, *, is_double: bool) -> Problem:
    """A bot's connection does not hold, or it has two that push each other out."""
    often = "every second" if every_s < 1.5 else f"every {every_s:.0f} seconds"
    if is_double:
        return Problem(
            Stage.CALL,
            Reason.PROTOCOL,
            f"{provider}'s bot holds two connections, and each pushes the other out {often}, so it "
            "hears and speaks in pieces only.",
            "Let the bot leave and send it again.",
            is_permanent=False,
        )
    return Problem(
        Stage.CALL,
        Reason.CONNECTIVITY,
        f"{provider}'s bot reconnects {often}: something between it and SpeakDesk ends its "
        "connection, so it hears and speaks in pieces only.",
        "Check the tunnel or the proxy in between. If it goes on, let the bot leave and send it "
        "again.",
        is_permanent=False,
    )


def comes_without_voice(provider: str, cause: Problem) -> Problem:
    """A scheduled bot of an earlier session could not be given the present address."""
    return Problem(
        Stage.TUNNEL,
        cause.reason,
        f"{provider}'s bot was scheduled in an earlier session and still has the address of that "
        "one, so it joins without its voice.",
        "Let this bot leave and send it again.",
        cause.vendor_words or cause.sentence,
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
        f"Edit {broken.folder / 'README.md'}{line}; SpeakDesk notices when it is right.",
    )


def may_be_on_its_way(provider: str) -> Problem:
    """The provider never said whether it made the bot that is no longer wanted."""
    return Problem(
        Stage.PROVIDER,
        Reason.TIMEOUT,
        f"{provider} did not say whether it sent the bot, so one may still come to the meeting.",
        f"Look in the {provider} dashboard, or remove it in the meeting itself.",
    )


def joins_before_it_leaves(provider: str, cause: Problem) -> Problem:
    """A waiting bot can no longer be taken back."""
    return Problem(
        Stage.PROVIDER,
        Reason.CONFLICT,
        f"{provider} lets nobody take the bot back in its last minutes, so it comes to the meeting "
        "and is told to leave at once.",
        "Keep SpeakDesk open until then, or remove the bot in the meeting.",
        cause.vendor_words,
        is_permanent=False,
    )


def cannot_be_redirected(provider: str, cause: Problem | None) -> Problem:
    """The public address changed while a bot waits for its time, and it keeps the old one."""
    return Problem(
        Stage.TUNNEL,
        Reason.CONNECTIVITY,
        f"This computer's public address changed, and the bot that waits at {provider} still has "
        "the old one: it will come, but hear and say nothing.",
        "Let this bot leave and send it again.",
        cause.vendor_words if cause else "",
    )


def unseen_without_reports(provider: str, cause: Problem) -> Problem:
    """A record-only bot is on its way, but the provider cannot tell how it is doing."""
    return Problem(
        cause.stage,
        cause.reason,
        f"{provider} cannot report to this computer, so the bot's state is known only late. "
        f"{cause.sentence}",
        cause.next_step,
        cause.vendor_words,
        is_permanent=False,
    )


def no_such_bot(bot_id: str) -> Problem:
    """A command names a bot that is not there any more."""
    return Problem(
        Stage.APP,
        Reason.NOT_FOUND,
        "This bot is not in the list any more.",
        "Launch a new one.",
        bot_id,
    )


def cannot_pause(name: str, provider: str, *, is_in_call: bool) -> Problem:
    """The recording cannot be paused or resumed."""
    if is_in_call:
        return Problem(
            Stage.PROVIDER,
            Reason.UNSUPPORTED,
            f"{provider} cannot pause a recording.",
            "Let the bot leave where it shall not record.",
        )
    return Problem(
        Stage.CALL,
        Reason.CONFLICT,
        f"{name} is not in the call, so there is no recording to pause or resume.",
        "Wait until it is in the call.",
    )
