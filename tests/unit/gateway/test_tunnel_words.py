"""ngrok's words become sentences without secrets; addresses are read as people write them."""

from __future__ import annotations

import pytest

from speakdesk.domain.errors import GatewayError, Reason
from speakdesk.gateway.addresses import is_only_local, public_base, websocket_base
from speakdesk.gateway.ngrok_problems import _MEANINGS, problem_from_words, without_secrets

TOKEN = "2abcDEFghiJKLmnoPQRstuVWXyz0_7hI8jK9lM0nO1pQ2rS3tU"


@pytest.mark.parametrize("code", sorted(_MEANINGS))
def test_every_known_code_has_a_sentence_and_a_next_step(code: int) -> None:
    problem = problem_from_words(f"failed to start tunnel: …\\r\\n\\r\\nERR_NGROK_{code}\\r\\n")
    assert problem.sentence.endswith(".")
    assert problem.next_step.endswith(".")
    assert f"ERR_NGROK_{code}" in problem.vendor_words
    assert f"ERR_NGROK_{code}" not in problem.sentence


def test_an_unknown_code_is_shown_as_it_came() -> None:
    problem = problem_from_words("something new ERR_NGROK_424242")
    assert "ERR_NGROK_424242" in problem.sentence
    assert problem.vendor_words == "something new ERR_NGROK_424242"


@pytest.mark.parametrize(
    "words",
    [
        "dial tcp: lookup connect.ngrok-agent.com: no such host",
        "failed to dial ngrok server with address",
        "read tcp 10.0.0.1:4: i/o timeout",
        "tls: failed to verify certificate: x509: unknown authority",
    ],
)
def test_no_network_is_recognised_without_a_code(words: str) -> None:
    assert problem_from_words(words).reason is Reason.CONNECTIVITY


@pytest.mark.parametrize(
    "words",
    [
        f"Your authtoken: {TOKEN}",
        f"token {TOKEN} is not valid",
        "Your authtoken: short",
        "Your authtoken: short\\nInstructions",
    ],
)
def test_a_token_is_hidden_known_or_not(words: str) -> None:
    shown = without_secrets(words)
    assert TOKEN not in shown
    assert "short" not in shown
    assert "•••" in shown


@pytest.mark.parametrize(
    ("written", "base", "websocket"),
    [
        ("https://desk.example.com/", "https://desk.example.com", "wss://desk.example.com"),
        (" <wss://desk.example.com> ", "https://desk.example.com", "wss://desk.example.com"),
        ("desk.example.com:8443", "https://desk.example.com:8443", "wss://desk.example.com:8443"),
        ("ws://192.168.1.2:80/a/", "http://192.168.1.2:80/a", "ws://192.168.1.2:80/a"),
        ("http://[2001:db8::1]:9", "http://[2001:db8::1]:9", "ws://[2001:db8::1]:9"),
        ("HTTPS://Desk.Example.com", "https://desk.example.com", "wss://desk.example.com"),
    ],
)
def test_an_address_is_read_as_people_write_it(written: str, base: str, websocket: str) -> None:
    assert public_base(written) == base
    assert websocket_base(base) == websocket


@pytest.mark.parametrize(
    "written",
    ["", "https://", "ftp://a.example", "https://a b", "https://a:99999", "https://a/?x=1"],
)
def test_what_is_no_address_gets_a_sentence(written: str) -> None:
    with pytest.raises(GatewayError, match="no public address"):
        public_base(written)


@pytest.mark.parametrize("written", ["https://me:secret@a.example", "https://me:secret@a:99999"])
def test_a_password_in_an_address_is_not_repeated(written: str) -> None:
    with pytest.raises(GatewayError) as refused:
        public_base(written)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("base", "is_local"),
    [
        ("http://127.0.0.1:1", True),
        ("https://localhost", True),
        ("https://desk.local", True),
        ("https://192.168.0.9", True),
        ("https://[::1]", True),
        ("https://8.8.8.8", False),
        ("https://desk.example.com", False),
    ],
)
def test_addresses_that_only_this_network_reaches_are_known(base: str, is_local: bool) -> None:
    assert is_only_local(base) is is_local
