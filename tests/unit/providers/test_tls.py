"""The certificates of secure connections are read once and checked against."""

from __future__ import annotations

import ssl

from speakdesk.providers.tls import tls_context


async def test_one_context_serves_every_connection_and_trusts_nobody_unknown() -> None:
    context = await tls_context()
    assert await tls_context() is context
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.get_ca_certs() or ssl.get_default_verify_paths().capath
