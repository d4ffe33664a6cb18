"""Runs the long campaigns where they are asked for, and prints the table of the campaign of faults."""

import pytest

CAMPAIGNS = {"test_campaign.py": "kills", "test_fault_campaign.py": "faults"}
"""The option that asks for each."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    unasked = {name for name, option in CAMPAIGNS.items() if not config.getoption(option)}
    items[:] = [item for item in items if item.path.name not in unasked]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    rows = [value for report in reports for name, value in report.user_properties if name == "fault"]
    if rows:
        terminalreporter.section("source | kind | fault | outcome | message")
    for row in rows:
        terminalreporter.write_line(" | ".join(row))
