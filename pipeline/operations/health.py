"""The verb health: checks the installation, for monitoring; prints one line of JSON and returns an exit code.

A timer that does not run cannot report that. Let a monitor or another machine call ``./run.sh health``.
"""

import json
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import Unavailable
from pipeline.history.alerts import Alert, Rules, alerts_for_failure_rate, upload_failed
from pipeline.history.runs import LAST_CATCHUP, failure_rate, read
from pipeline.paths import free_bytes, program
from pipeline.process import memory_of_machine
from pipeline.publication import address
from pipeline.sources import Publisher, default_names, sources
from pipeline.tasks import uploads


@dataclass
class Health:
    """The result of one or all checks: ``facts`` for machines, ``alerts`` for people; no alerts where they pass."""

    facts: dict[str, Any] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)

    def line(self) -> str:
        problems = [f"{alert.title}: {alert.text}" for alert in self.alerts]
        return json.dumps({"healthy": not problems, "problems": problems} | self.facts)


def examine(data: Path, rules: Rules, least_free_gb: float, luigid: tuple[str, int] | None) -> Health:
    """Checks the timer, publishers, luigid (where it is used), disk, memory, the last day's failures and uploads."""
    checks = (
        check_timer(data / LAST_CATCHUP, rules.timer_silent_hours),
        check_publishers(),
        check_luigid(luigid),
        check_disk(data, least_free_gb),
        check_memory(rules.memory_share),
        check_failures(data / "runs", rules),
        check_uploads(),
    )
    facts = {name: fact for check in checks for name, fact in check.facts.items()}
    return Health(facts, [alert for check in checks for alert in check.alerts])


def check_timer(record: Path, silent_hours: float) -> Health:
    try:
        ended = datetime.fromisoformat(json.loads(record.read_text())["at"])
    except (FileNotFoundError, ValueError, KeyError):  # a damaged record counts as none
        text = f"no catchup has finished yet; install the timers: {program()} install-units"
        return Health({"last_catchup": None}, [Alert("timer", "catchup does not run", text)])
    hours = (datetime.now(UTC) - ended).total_seconds() / 3600
    health = Health({"last_catchup": ended.isoformat(), "hours_since_catchup": round(hours, 1)})
    if hours < -1:
        text = f"the last catchup finished {-hours:,.0f} hours in the future"
        health.alerts.append(Alert("clock", "the clock was set back", text))
    elif hours > silent_hours:
        text = f"the last catchup finished {hours:,.0f} hours ago, expected within {silent_hours:,.0f}"
        health.alerts.append(Alert("timer", "catchup does not run", text))
    return health


def check_publishers() -> Health:
    used = {sources()[name].publisher.name: sources()[name].publisher for name in default_names()}
    errors: dict[str, str] = {}
    for publisher in used.values():
        try:
            reach(publisher)
        except Unavailable as error:
            errors[publisher.name] = str(error)
    alerts = [Alert(f"unreachable {name}", f"{name} cannot be reached", text) for name, text in errors.items()]
    return Health({"unreachable": [*errors]}, alerts)


def reach(publisher: Publisher) -> None:
    """Raises Unavailable unless the host responds; any status but a transient error counts as a response."""
    from pipeline.ingest.http import RetryPolicy, request, retry

    policy = RetryPolicy(
        attempts=2, first_wait_s=1, max_wait_s=10, response_timeout_s=20, read_timeout_s=10, least_kb_per_s=1
    )
    retry(publisher.base_url, policy, lambda: request("HEAD", f"{publisher.base_url}/", policy))


def check_luigid(address: tuple[str, int] | None) -> Health:
    if not address or answers(address):
        return Health({"luigid": "answers" if address else "not used"})
    text = f"no response from {address[0]}:{address[1]}; start it with {program()} ui"
    return Health({"luigid": "silent"}, [Alert("luigid", "luigid cannot be reached", text)])


def answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=5).close()
    except OSError:
        return False
    return True


def check_disk(data: Path, least_free_gb: float) -> Health:
    free_gb = round(free_bytes(data) / 1e9, 1)
    text = f"{free_gb:.1f} GB are free, a run needs {least_free_gb:.1f} GB"
    alerts = [Alert("disk", "the disk is nearly full", text)] if free_gb < least_free_gb else []
    return Health({"disk_free_gb": free_gb}, alerts)


def check_memory(max_share: float) -> Health:
    """Checks the memory of the machine, used by any process."""
    try:
        lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    except FileNotFoundError:  # only Linux has it
        return Health()
    free, installed = (int(lines[name].split()[0]) * 1024 for name in ("MemAvailable", "MemTotal"))
    share = round(1 - free / installed, 2)
    text = f"{share:.0%} of {memory_of_machine() / 1e9:.1f} GB is in use"
    return Health(
        {"memory_share": share}, [Alert("memory", "memory is nearly full", text)] if share > max_share else []
    )


def check_failures(runs: Path, rules: Rules) -> Health:
    """Checks how many of the last day's tasks failed."""
    day = read(runs, datetime.now(UTC) - timedelta(days=1))
    facts = {"tasks_of_a_day": len(day), "failure_rate": round(failure_rate(day), 3)}
    return Health(facts, [*alerts_for_failure_rate(day, rules)])


def check_uploads() -> Health:
    """Checks whether the last upload succeeded, where an address is set."""
    if not address():
        return Health()
    failure = uploads.last_failure()
    return Health({"months_to_upload": len(uploads.waiting_months())}, [upload_failed(failure)] if failure else [])
