"""Whether a publisher has replaced a file since it was downloaded."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import requests

from pipeline.errors import BadFile
from pipeline.ingest.formats import read_weather
from pipeline.ingest.http import RetryPolicy, head
from pipeline.ingest.responses import validators_in
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
            is_same_file = response.status_code == 304 or match_landed(response, landed)
            return None if is_same_file else (url, label)
    return None


def validators_of(landed: Landed) -> dict[str, str]:
    """The headers of a conditional request."""
    validators = {"If-None-Match": landed.etag, "If-Modified-Since": landed.last_modified}
    return {header: value for header, value in validators.items() if value}


def match_landed(response: requests.Response, landed: Landed) -> bool:
    """Whether the response is of the landed file, for hosts that ignore conditional requests.

    A file of another size is another one, even where its ETag is the same.
    """
    etag, last_modified = validators_in(response)
    length = response.headers.get("Content-Length", "")
    if landed.etag:
        return etag == landed.etag and length in {"", str(landed.bytes)}
    return (last_modified, length) == (landed.last_modified, str(landed.bytes))


def may_be_revised(source: Source, month: date, checked_at: str) -> bool:
    """Whether the month was not final at the last check of an archive without validators."""
    checked_on = datetime.fromisoformat(checked_at).astimezone(UTC).date()
    return checked_on < add_months(month, 1) + timedelta(days=source.final_after_days)


def is_same(source: Source, one: Path, other: Path) -> bool:
    """Whether two responses of an archive have equal data; they also contain the time that each took.

    A stored file that cannot be read, because the disk lost it, is the same as no other.
    """
    if source.format != "json":
        return False
    try:
        return bool(read_weather(one, one.name)["hourly"] == read_weather(other, other.name)["hourly"])
    except BadFile:
        return False
