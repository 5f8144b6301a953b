"""ngrok's own words as sentences for people.

Codes and their meaning: ngrok.com/docs/errors. Some of its texts quote the authtoken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from speakdesk.domain.errors import Problem, Reason, Stage

HIDDEN = "•••"

_CODE = re.compile(r"ERR_NGROK_(\d+)")
_TOKEN = re.compile(r"\b[0-9A-Za-z]{20,}_[0-9A-Za-z]{15,}\b|(?<=authtoken: )\S+", re.IGNORECASE)
_ESCAPES = re.compile(r"(?:\\[rnt]|\s)+")
_LONGEST_WORDS = 400

_TOKEN_STEP = (
    "Copy the authtoken from dashboard.ngrok.com/get-started/your-authtoken into the settings."
)
_OTHER_AGENT_STEP = (
    "Stop the other ngrok agent (dashboard.ngrok.com/agents lists them), or wait a minute if "
    "SpeakDesk was ended by force, then launch again."
)
_UPDATE_STEP = "Run `ngrok update`, or let SpeakDesk download the present agent."
_OWN_ADDRESS_STEP = "Use another network, or set BASE_URL to a public address of your own."


@dataclass(frozen=True, slots=True)
class _Meaning:
    reason: Reason
    sentence: str
    next_step: str
    is_permanent: bool = True


_TOKEN_REFUSED = _Meaning(
    Reason.AUTHENTICATION, "ngrok does not accept the authtoken.", _TOKEN_STEP
)
_ACCOUNT_CLOSED = _Meaning(
    Reason.REFUSED,
    "ngrok has suspended this account or its payment failed.",
    "Look at dashboard.ngrok.com, or use another account's authtoken.",
)
_TOO_OLD = _Meaning(
    Reason.UNSUPPORTED, "The ngrok agent on this computer is too old.", _UPDATE_STEP
)
_WRONG_PLACE = _Meaning(
    Reason.REFUSED,
    "ngrok does not allow agents from this network's address.",
    _OWN_ADDRESS_STEP,
)
_USED_UP = _Meaning(
    Reason.QUOTA,
    "This ngrok account has used up its traffic for now.",
    "Upgrade the plan at dashboard.ngrok.com, or set BASE_URL to a public address of your own.",
)

_MEANINGS: Mapping[int, _Meaning] = {
    102: _ACCOUNT_CLOSED,
    103: _ACCOUNT_CLOSED,
    105: _TOKEN_REFUSED,
    106: _TOKEN_REFUSED,
    107: _TOKEN_REFUSED,
    108: _Meaning(
        Reason.QUOTA,
        "This ngrok account already runs as many agents as its plan allows.",
        _OTHER_AGENT_STEP,
        is_permanent=False,
    ),
    115: _WRONG_PLACE,
    116: _WRONG_PLACE,
    120: _TOO_OLD,
    121: _TOO_OLD,
    313: _Meaning(
        Reason.REFUSED,
        "This ngrok account's plan does not include the domain that is set.",
        "Clear the domain in the settings, or reserve one at dashboard.ngrok.com/domains.",
    ),
    320: _Meaning(
        Reason.REFUSED,
        "The domain that is set is reserved by another ngrok account.",
        "Clear the domain in the settings, or reserve one at dashboard.ngrok.com/domains.",
    ),
    334: _Meaning(
        Reason.CONFLICT,
        "This account's ngrok address is in use by another agent already.",
        _OTHER_AGENT_STEP,
        is_permanent=False,
    ),
    725: _USED_UP,
    727: _USED_UP,
    3004: _Meaning(
        Reason.PROTOCOL,
        "ngrok reached this computer but got no proper answer from SpeakDesk's port.",
        "Launch again; if it stays so, choose another port in the settings.",
        is_permanent=False,
    ),
    3200: _Meaning(
        Reason.UNAVAILABLE,
        "ngrok says that the tunnel is offline: no agent serves this address.",
        "Wait until SpeakDesk has reopened the tunnel, then launch again.",
        is_permanent=False,
    ),
    4018: _Meaning(
        Reason.AUTHENTICATION,
        "ngrok wants the authtoken of an account whose e-mail address is confirmed.",
        _TOKEN_STEP,
    ),
    8012: _Meaning(
        Reason.UNAVAILABLE,
        "The tunnel is open, but the ngrok agent cannot reach SpeakDesk's port on this computer.",
        "Allow local connections for the ngrok agent in your firewall, then launch again.",
        is_permanent=False,
    ),
    9009: _Meaning(
        Reason.REFUSED,
        "ngrok's free plan does not work through an HTTP proxy.",
        _OWN_ADDRESS_STEP,
    ),
    9040: _WRONG_PLACE,
}

_NO_NETWORK = re.compile(
    r"failed to dial|no such host|connection refused|network is unreachable|i/o timeout"
    r"|failed to send authentication|connect: |tls: |x509",
    re.IGNORECASE,
)


def without_secrets(words: str, authtoken: str = "") -> str:
    """The vendor's words on one line, shortened, with every authtoken in it hidden."""
    text = words.replace(authtoken, HIDDEN) if authtoken else words
    text = _ESCAPES.sub(" ", text).strip()
    return _TOKEN.sub(HIDDEN, text)[:_LONGEST_WORDS]


def code_of(words: str) -> int | None:
    """The number of the first `ERR_NGROK_…` in a text."""
    match = _CODE.search(words)
    return int(match.group(1)) if match else None


def problem_from_words(words: str, authtoken: str = "") -> Problem:
    """What ngrok's text means for the person; what is not known is shown as it came."""
    shown = without_secrets(words, authtoken)
    code = code_of(words)
    meaning = _MEANINGS.get(code) if code is not None else None
    if meaning is None and code is not None:
        meaning = _Meaning(
            Reason.REFUSED,
            f"ngrok refused to open the tunnel (ERR_NGROK_{code}).",
            f"ngrok.com/docs/errors/err_ngrok_{code} says what it means.",
            is_permanent=False,
        )
    if meaning is None and _NO_NETWORK.search(words):
        meaning = _Meaning(
            Reason.CONNECTIVITY,
            "The ngrok agent cannot reach ngrok's servers; this computer is offline or a firewall "
            "is in between.",
            "Check the network, then launch again.",
            is_permanent=False,
        )
    if meaning is None:
        meaning = _Meaning(
            Reason.CRASHED,
            "The ngrok agent ended or failed without a reason that SpeakDesk knows.",
            "Launch again; if it stays so, run `ngrok diagnose` in a terminal.",
            is_permanent=False,
        )
    return Problem(
        Stage.TUNNEL,
        meaning.reason,
        meaning.sentence,
        meaning.next_step,
        shown,
        is_permanent=meaning.is_permanent,
    )
