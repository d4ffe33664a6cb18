"""Tabs of a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def offline_tab(browser: Any, width: int, scheme: str) -> Iterator[Any]:
    """An empty tab without network. ``errors`` collects console errors, script errors and requests to a network."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    tab = context.new_page()
    tab.errors = []
    tab.on("console", lambda message: tab.errors.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    tab.on("request", lambda sent: None if sent.url.startswith(("file:", "data:")) else tab.errors.append(sent.url))
    yield tab
    context.close()
