"""Landing -> what the publisher has put in the place of a file since it was fetched; nothing where nothing changed."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.ingest.http import Patience, head
from pipeline.months import add_months
from pipeline.sources import Source


def reissued_at(source: Source, month: date, landed: Mapping[str, Any], patience: Patience) -> tuple[str, str] | None:
    """The URL and the label of a file that is, or may be, another than the one ``landed`` is the provenance of.

    A file that was taken away since stays what it was. Raises Unreachable or Refused where the upstream does not say.
    """
    if source.settled_after_days is not None:
        return next(iter(source.urls_of(month).items())) if may_be_revised(source, month, landed) else None
    for url, label in source.urls_of(month).items():
        answer = head(url, source.publisher.base_url, patience, known_of(landed))
        if answer is not None:
            is_known = answer.status_code == 304 or is_described(landed, answer.headers)
            return None if is_known else (url, label)
    return None


def known_of(landed: Mapping[str, Any]) -> dict[str, str]:
    known = {"If-None-Match": landed["etag"], "If-Modified-Since": landed["last_modified"]}
    return {header: value for header, value in known.items() if value}


def is_described(landed: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Whether a host that knows no conditions speaks of the same file: one without validators says nothing."""
    if landed["etag"]:
        return bool(headers.get("ETag") == landed["etag"])
    said = headers.get("Last-Modified", ""), int(headers.get("Content-Length", -1))
    return said == (landed["last_modified"], landed["bytes"])


def may_be_revised(source: Source, month: date, landed: Mapping[str, Any]) -> bool:
    """Whether an archive that gives no validators may still change the month: it was last asked before it was final."""
    asked = datetime.fromisoformat(landed.get("asked_at") or landed["fetched_at"]).astimezone(UTC).date()
    return asked < add_months(month, 1) + timedelta(days=source.final_after_days)


def is_same(source: Source, one: Path, other: Path) -> bool:
    """Whether two answers of an archive hold the same: each says besides how long it took."""
    if source.format != "json":
        return False
    return bool(json.loads(one.read_bytes())["hourly"] == json.loads(other.read_bytes())["hourly"])
