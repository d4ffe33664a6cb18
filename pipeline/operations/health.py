"""The verb health: checks the installation, for monitoring; prints one line of JSON and returns an exit code.

A timer that does not run cannot report that. Let a monitor or another machine call ``./run.sh health``.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import Unavailable
from pipeline.history.alerts import Alert, Rules, alerts_for_failure_rate, memory_of_machine
from pipeline.history.runs import LAST_CATCHUP, failure_rate, read
from pipeline.paths import free_bytes, program
from pipeline.sources import Publisher, default_names, sources


@dataclass
class Health:
    """The result of the checks: ``facts`` for machines, ``alerts`` for people; no alerts where all checks pass."""

    facts: dict[str, Any] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)

    def line(self) -> str:
        problems = [f"{alert.title}: {alert.text}" for alert in self.alerts]
        return json.dumps({"healthy": not problems, "problems": problems} | self.facts)


def examine(data: Path, rules: Rules, least_free_gb: float, luigid: tuple[str, int] | None) -> Health:
    """Checks the timer, publishers, luigid (where it is used), disk, memory and the failures of the last day."""
    health = Health()
    health.alerts += check_timer(health.facts, data / LAST_CATCHUP, rules.timer_silent_hours)
    health.alerts += check_publishers(health.facts)
    health.alerts += check_luigid(health.facts, luigid)
    health.alerts += check_disk(health.facts, data, least_free_gb)
    health.alerts += check_memory(health.facts, rules.memory_share)
    day = read(data / "runs", datetime.now(UTC) - timedelta(days=1))
    health.facts["tasks_of_a_day"], health.facts["failure_rate"] = len(day), round(failure_rate(day), 3)
    health.alerts += alerts_for_failure_rate(day, rules)
    return health


def check_timer(facts: dict[str, Any], record: Path, silent_hours: float) -> Iterator[Alert]:
    facts["last_catchup"] = None
    with suppress(FileNotFoundError, ValueError, KeyError):  # a damaged record counts as none
        ended = datetime.fromisoformat(json.loads(record.read_text())["at"])
        facts["last_catchup"] = ended.isoformat()
    if facts["last_catchup"] is None:
        yield Alert(
            "timer",
            "catchup does not run",
            f"no catchup has finished yet; install the timers: {program()} install-units",
        )
        return
    hours = (datetime.now(UTC) - ended).total_seconds() / 3600
    facts["hours_since_catchup"] = round(hours, 1)
    if hours < -1:
        yield Alert("clock", "the clock was set back", f"the last catchup finished {-hours:,.0f} hours in the future")
    elif hours > silent_hours:
        yield Alert(
            "timer",
            "catchup does not run",
            f"the last catchup finished {hours:,.0f} hours ago, expected within {silent_hours:,.0f}",
        )


def check_publishers(facts: dict[str, Any]) -> Iterator[Alert]:
    used = {sources()[name].publisher.name: sources()[name].publisher for name in default_names()}
    facts["unreachable"] = []
    for publisher in used.values():
        try:
            reach(publisher)
        except Unavailable as error:
            facts["unreachable"].append(publisher.name)
            yield Alert(f"unreachable {publisher.name}", f"{publisher.name} cannot be reached", str(error))


def reach(publisher: Publisher) -> None:
    """Raises Unavailable unless the host responds; any status but a transient error counts as a response."""
    from pipeline.ingest.http import RetryPolicy, request, retry

    policy = RetryPolicy(
        attempts=2, first_wait_s=1, max_wait_s=10, response_timeout_s=20, read_timeout_s=10, least_kb_per_s=1
    )
    retry(publisher.base_url, policy, lambda: request("HEAD", f"{publisher.base_url}/", policy))


def check_luigid(facts: dict[str, Any], address: tuple[str, int] | None) -> Iterator[Alert]:
    facts["luigid"] = "not used"
    if address:
        facts["luigid"] = "answers" if answers(address) else "silent"
        if facts["luigid"] == "silent":
            yield Alert(
                "luigid",
                "luigid cannot be reached",
                f"no response from {address[0]}:{address[1]}; start it with {program()} ui",
            )


def answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=5).close()
    except OSError:
        return False
    return True


def check_disk(facts: dict[str, Any], data: Path, least_free_gb: float) -> Iterator[Alert]:
    facts["disk_free_gb"] = free_gb = round(free_bytes(data) / 1e9, 1)
    if free_gb < least_free_gb:
        yield Alert("disk", "the disk is nearly full", f"{free_gb:.1f} GB are free, a run needs {least_free_gb:.1f} GB")


def check_memory(facts: dict[str, Any], max_share: float) -> Iterator[Alert]:
    """Checks the memory of the machine, used by any process."""
    with suppress(FileNotFoundError):  # only Linux has /proc/meminfo
        lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        free, installed = (int(lines[name].split()[0]) * 1024 for name in ("MemAvailable", "MemTotal"))
        facts["memory_share"] = share = round(1 - free / installed, 2)
        if share > max_share:
            text = f"{share:.0%} of {memory_of_machine() / 1e9:.1f} GB is in use"
            yield Alert("memory", "memory is nearly full", text)
