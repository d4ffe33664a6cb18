"""HTTP, asked with patience: what may pass is tried again, and what will not is said."""

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
PASSING = {408, 425, 429, 500, 502, 503, 504}
"""Answers that may be another one in a while."""


@dataclass(frozen=True)
class Patience:
    """How long to go on asking: tries in all, seconds before the second, at most before any, and without a byte."""

    tries: int = 6
    first_wait_s: float = 1.0
    longest_wait_s: float = 120.0
    silence_s: float = 60.0


class Passing(Exception):
    """A fault that may pass: worth another try."""

    def __init__(self, what: str, retry_after_s: float | None = None) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s


class _OnlyLoopback(HTTPAdapter):
    """Plain http, to this machine alone: also when a redirect leads there."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if urlsplit(request.url or "").hostname not in LOOPBACK:
            raise Refused(f"{request.url}: plain http is only for this machine itself; use https")
        return super().send(request, *args, **kwargs)


def session() -> requests.Session:
    """One a process: Luigi forks its workers, and a connection that two processes read from mixes their answers."""
    return _session_of(os.getpid())


@cache
def _session_of(_: int) -> requests.Session:
    made = requests.Session()
    made.headers.update({"User-Agent": "nyc-mobility", "Accept-Encoding": "identity"})
    made.mount("http://", _OnlyLoopback())
    return made


def head(url: str, base_url: str, patience: Patience, known: Headers | None = None) -> requests.Response | None:
    """What the upstream says of the file, 304 where it is the one that ``known`` speaks of; None for no file.

    404 says no, and so does 403, which is how S3 answers for a key that it does not have. A 403 that does not look like
    S3's, when the root of the host is answered in the same way, says that the whole host refuses us: raises Refused.
    """
    answer = until_answered(url, patience, lambda: ask("HEAD", url, patience, headers=known))
    if answer.ok:
        return answer
    if answer.status_code == 404 or (answer.status_code == 403 and not _refuses(answer, base_url, patience)):
        return None
    raise Refused(f"{url}: {urlsplit(url).netloc} answers {answer.status_code} {answer.reason}, not only for this file")


def _refuses(answer: requests.Response, base_url: str, patience: Patience) -> bool:
    if _is_xml(answer):
        return False
    root = ask("HEAD", f"{base_url}/", patience)
    return root.status_code == 403 and not _is_xml(root)


def _is_xml(answer: requests.Response) -> bool:
    return "xml" in answer.headers.get("Content-Type", "")


def until_answered(url: str, patience: Patience, try_once: Callable[[], requests.Response]) -> requests.Response:
    """Asks until there is an answer that will not pass; raises Unreachable where the last try has none."""

    def wait(state: tenacity.RetryCallState) -> float:
        assert state.outcome is not None
        wanted = getattr(state.outcome.exception(), "retry_after_s", None)
        backed_off = patience.first_wait_s * 2.0 ** (state.attempt_number - 1) * random.uniform(0.75, 1.25)
        return min(backed_off if wanted is None else wanted, patience.longest_wait_s)

    def say(state: tenacity.RetryCallState) -> None:
        assert state.outcome is not None and state.next_action is not None
        fault, wait_s = state.outcome.exception(), state.next_action.sleep
        log.warning("%s: %s; try %d of %d in %.1f s", url, fault, state.attempt_number + 1, patience.tries, wait_s)

    trying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Passing),
        stop=tenacity.stop_after_attempt(patience.tries),
        wait=wait,
        before_sleep=say,
        reraise=True,
    )
    try:
        return trying(try_once)
    except Passing as fault:
        raise Unreachable(f"{url}: {fault}, also at the last of {patience.tries} tries; run again later") from fault


def ask(method: str, url: str, patience: Patience, **options: Any) -> requests.Response:
    """The upstream's answer; Passing for one that may pass."""
    try:
        answer = session().request(method, url, timeout=(10, patience.silence_s), **options)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise Passing(f"no answer ({_reason(error)})") from error
    except requests.RequestException as error:
        raise Refused(f"{url}: cannot be asked for ({error})") from error
    if answer.status_code in PASSING:
        answer.close()
        raise Passing(f"answered {answer.status_code} {answer.reason}", _retry_after(answer))
    return answer


def _reason(error: Exception) -> str:
    """The innermost reason: requests wraps it three times."""
    inner = error.args[0] if error.args else error
    inner = getattr(inner, "reason", inner)
    return re.sub(r"^.*?object at 0x\w+>: |^\w+\(.*?\): ", "", str(inner))


def _retry_after(answer: requests.Response) -> float | None:
    """Seconds that the upstream asks us to wait (RFC 9110 §10.2.3: seconds or a date)."""
    text = answer.headers.get("Retry-After", "")
    with contextlib.suppress(ValueError):
        return max(0.0, float(text))
    with contextlib.suppress(ValueError, TypeError):  # TypeError: a date whose zone is not known
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    return None
