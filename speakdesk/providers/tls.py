"""The certificates that secure connections are checked against, read once and off the loop."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache

import certifi


async def tls_context() -> ssl.SSLContext:
    """The one client context of this process; the first call reads the store, in a thread.

    Without one a library makes its own for each connection, which holds the loop up for 20 ms and
    more.
    """
    return await asyncio.to_thread(_context)


@cache
def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        # A frozen program, or a Python that was installed without the system's store.
        context.load_verify_locations(certifi.where())
    return context
