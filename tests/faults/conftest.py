"""Collects the long campaign of kills where it is asked for."""

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if collection_path.name == "test_campaign.py" and not config.getoption("kills") else None
