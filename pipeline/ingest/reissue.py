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
    """The URL and the label of a file that is, or may be, another than the landed one; None where it is the same.

    ``checked_at`` is when the publisher was last asked, empty where it was not asked since the download. A file that
    the publisher has removed counts as the same. Raises Unreachable or Refused where there is no usable answer.
    """
    if source.settled_after_days is not None:
        asked_at = checked_at or landed.fetched_at
        return next(iter(source.urls_of(month).items())) if may_be_revised(source, month, asked_at) else None
    for url, label in source.urls_of(month).items():
        response = head(url, source.publisher.base_url, policy, validators_of(landed))
        if response is not None:
            is_same_file = response.status_code == 304 or describes(response.headers, landed)
            return None if is_same_file else (url, label)
    return None


def validators_of(landed: Landed) -> dict[str, str]:
    """The headers of a conditional request."""
    validators = {"If-None-Match": landed.etag, "If-Modified-Since": landed.last_modified}
    return {header: value for header, value in validators.items() if value}


def describes(headers: Mapping[str, str], landed: Landed) -> bool:
    """Whether the headers of a host that ignores conditions are those of the landed file."""
    if landed.etag:
        return bool(headers.get("ETag") == landed.etag)
    found = headers.get("Last-Modified", ""), int(headers.get("Content-Length", -1))
    return found == (landed.last_modified, landed.bytes)


def may_be_revised(source: Source, month: date, asked_at: str) -> bool:
    """Whether the month was not final when an archive without validators was last asked: it may have changed."""
    asked = datetime.fromisoformat(asked_at).astimezone(UTC).date()
    return asked < add_months(month, 1) + timedelta(days=source.final_after_days)


def is_same(source: Source, one: Path, other: Path) -> bool:
    """Whether two answers of an archive have equal data; each also says how long it took."""
    if source.format != "json":
        return False
    return bool(json.loads(one.read_bytes())["hourly"] == json.loads(other.read_bytes())["hourly"])
