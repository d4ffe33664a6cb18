"""HTTP requests: transient errors are retried, others are reported at once."""

import contextlib
import logging
import os
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity
from requests.adapters import HTTPAdapter

from pipeline.errors import Refused, Unreachable

log = logging.getLogger(__name__)

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
Headers = Mapping[str, str]
TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
"""Status codes after which a retry may succeed."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to retry: attempts in all, and times in seconds.

    ``first_wait_s`` is the wait before the second attempt; it doubles before each further one up to ``max_wait_s``.
    ``read_timeout_s`` is the time without a byte after which an attempt fails. luigi.cfg has the values ([download]).
    """

    attempts: int
    first_wait_s: float
    max_wait_s: float
    read_timeout_s: float


class TransientError(Exception):
    """An error after which a retry may succeed."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class _OnlyLoopback(HTTPAdapter):
    """Allows plain http to this machine only, also where a redirect leads there."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if urlsplit(request.url or "").hostname not in LOOPBACK:
            raise Refused(f"{request.url}: plain http is allowed for this machine only; use https")
        return super().send(request, *args, **kwargs)


def session() -> requests.Session:
    """One session per process: Luigi forks its workers, and processes that share a connection mix up its responses."""
    return _session_of(os.getpid())


@cache
def _session_of(_: int) -> requests.Session:
    session = requests.Session()
    session.headers.update({"User-Agent": "nyc-mobility", "Accept-Encoding": "identity"})
    session.mount("http://", _OnlyLoopback())
    return session


def head(url: str, base_url: str, policy: RetryPolicy, validators: Headers | None = None) -> requests.Response | None:
    """The response to HEAD, of status 304 where the file still has these ``validators``; None where there is no file.

    404 means that there is none, and so does 403, which is S3's answer for a key that it does not have. A 403 that does
    not look like S3's, where the root of the host gives the same, means that the whole host refuses: raises Refused.
    """
    response = retry(url, policy, lambda: request("HEAD", url, policy, headers=validators))
    if response.ok:
        return response
    if response.status_code == 404 or (response.status_code == 403 and not _host_refuses(response, base_url, policy)):
        return None
    host = urlsplit(url).netloc
    raise Refused(
        f"{url}: {host} refuses every request ({response.status_code} {response.reason}), not only for this file"
    )


def _host_refuses(response: requests.Response, base_url: str, policy: RetryPolicy) -> bool:
    if _is_xml(response):
        return False
    root = request("HEAD", f"{base_url}/", policy)
    return root.status_code == 403 and not _is_xml(root)


def _is_xml(response: requests.Response) -> bool:
    return "xml" in response.headers.get("Content-Type", "")


def retry(url: str, policy: RetryPolicy, attempt: Callable[[], requests.Response]) -> requests.Response:
    """Calls ``attempt`` until it raises no TransientError. Raises Unreachable where the last one does."""

    def wait(state: tenacity.RetryCallState) -> float:
        assert state.outcome is not None
        retry_after = getattr(state.outcome.exception(), "retry_after_s", None)
        backoff = policy.first_wait_s * 2.0 ** (state.attempt_number - 1) * random.uniform(0.75, 1.25)
        return min(backoff if retry_after is None else retry_after, policy.max_wait_s)

    def warn(state: tenacity.RetryCallState) -> None:
        assert state.outcome is not None and state.next_action is not None
        error, wait_s = state.outcome.exception(), state.next_action.sleep
        number = state.attempt_number + 1
        log.warning("%s: %s; attempt %d of %d in %.1f s", url, error, number, policy.attempts, wait_s)

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=tenacity.stop_after_attempt(policy.attempts),
        wait=wait,
        before_sleep=warn,
        reraise=True,
    )
    try:
        return retrying(attempt)
    except TransientError as error:
        raise Unreachable(f"{url}: {error}, also in the last of {policy.attempts} attempts; run again later") from error


def request(method: str, url: str, policy: RetryPolicy, **options: Any) -> requests.Response:
    """The response. Raises TransientError for a status, or a failure of the connection, that a retry may cure."""
    try:
        response = session().request(method, url, timeout=(10, policy.read_timeout_s), **options)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise TransientError(f"no response ({_reason(error)})") from error
    except requests.RequestException as error:
        raise Refused(f"{url}: cannot be requested ({error})") from error
    if response.status_code in TRANSIENT:
        response.close()
        raise TransientError(f"status {response.status_code} {response.reason}", _retry_after(response))
    return response


def _reason(error: Exception) -> str:
    """The innermost message: requests wraps it three times."""
    inner = error.args[0] if error.args else error
    inner = getattr(inner, "reason", inner)
    return re.sub(r"^.*?object at 0x\w+>: |^\w+\(.*?\): ", "", str(inner))


def _retry_after(response: requests.Response) -> float | None:
    """The seconds of Retry-After (RFC 9110 §10.2.3: seconds or a date)."""
    text = response.headers.get("Retry-After", "")
    with contextlib.suppress(ValueError):
        return max(0.0, float(text))
    with contextlib.suppress(ValueError, TypeError):  # TypeError: a date without a known zone
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    return None
