"""Whether a publisher has replaced a file since it was downloaded."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pipeline.ingest.http import RetryPolicy, head
from pipeline.months import add_months
from pipeline.results import Landed
from pipeline.sources import Source


def reissued_at(
    source: Source, month: date, landed: Landed, checked_at: str, policy: RetryPolicy
) -> tuple[str, str] | None:
    """The URL and the label of a file that differs, or may differ, from the landed one; None where it is the same.

    ``checked_at`` is the time of the last check, empty where there was none since the download. A file that the
    publisher has removed counts as the same. Raises Unreachable or Refused where there is no usable response.
    """
    if source.settled_after_days is not None:
        last_check = checked_at or landed.fetched_at
        return next(iter(source.urls_of(month).items())) if may_be_revised(source, month, last_check) else None
    for url, label in source.urls_of(month).items():
        response = head(url, source.publisher.base_url, policy, validators_of(landed))
        if response is not None:
            is_same_file = response.status_code == 304 or match_landed(response.headers, landed)
            return None if is_same_file else (url, label)
    return None


def validators_of(landed: Landed) -> dict[str, str]:
    """The headers of a conditional request."""
    validators = {"If-None-Match": landed.etag, "If-Modified-Since": landed.last_modified}
    return {header: value for header, value in validators.items() if value}


def match_landed(headers: Mapping[str, str], landed: Landed) -> bool:
    """Whether headers are those of the landed file, for hosts that ignore conditional requests."""
    if landed.etag:
        return bool(headers.get("ETag") == landed.etag)
    found = headers.get("Last-Modified", ""), int(headers.get("Content-Length", -1))
    return found == (landed.last_modified, landed.bytes)


def may_be_revised(source: Source, month: date, checked_at: str) -> bool:
    """Whether the month was not final at the last check of an archive without validators."""
    checked_on = datetime.fromisoformat(checked_at).astimezone(UTC).date()
    return checked_on < add_months(month, 1) + timedelta(days=source.final_after_days)


def is_same(source: Source, one: Path, other: Path) -> bool:
    """Whether two responses of an archive have equal data; they also contain the time that each took."""
    if source.format != "json":
        return False
    return bool(json.loads(one.read_bytes())["hourly"] == json.loads(other.read_bytes())["hourly"])
