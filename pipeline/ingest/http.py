"""HTTP requests: transient errors are retried, others are reported at once, as errors of the project."""

import logging
import os
import random
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema, TooManyRedirects
from urllib3.exceptions import LocationValueError

from pipeline.errors import Refused, Unreachable
from pipeline.ingest.responses import WIRE_ERRORS, TransientError, retry_after, status_of

log = logging.getLogger(__name__)

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
Headers = Mapping[str, str]
TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
"""Status codes after which a retry may succeed."""
TOO_MANY_REQUESTS = 429
LIMIT_RESETS_AFTER_S = 60
"""The wait after 429 without Retry-After: Open-Meteo sends none, and counts requests by the minute."""
ADDRESS_ERRORS = (InvalidSchema, InvalidURL, MissingSchema, TooManyRedirects, LocationValueError, UnicodeError)
"""Those of an address that cannot be requested."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to retry: attempts in all, and times in seconds.

    ``first_wait_s`` is the wait before the second attempt; it doubles before each further one up to ``max_wait_s``.
    An attempt fails without the headers of a response in ``response_timeout_s``, redirects included; without a byte for
    ``read_timeout_s``; and if its body has less than ``least_kb_per_s`` in such a time. luigi.cfg has the values
    ([download]).
    """

    attempts: int
    first_wait_s: float
    max_wait_s: float
    response_timeout_s: float
    read_timeout_s: float
    least_kb_per_s: float

    @property
    def least_bytes(self) -> int:
        """What has to arrive of a body in ``read_timeout_s``."""
        return max(1, int(1000 * self.least_kb_per_s * self.read_timeout_s))


class _Adapter(HTTPAdapter):
    """Allows plain http to this machine only, also where a redirect leads there. Reads no body of a redirect."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = urlsplit(request.url or "")
        if url.scheme == "http" and url.hostname not in LOOPBACK:
            raise InvalidSchema(f"{request.url}: plain http is allowed for this machine only, expected https")
        response = super().send(request, *args, **kwargs)
        if response.is_redirect:  # requests would read all of its body
            response.raw.close()
            response.raw = BytesIO()
        return response


def session() -> requests.Session:
    """One session per process: Luigi forks its workers, and processes that share a connection mix up its responses."""
    return _session_of(os.getpid())


@cache
def _session_of(_: int) -> requests.Session:
    session = requests.Session()
    session.headers.update({"User-Agent": "nyc-mobility", "Accept-Encoding": "identity"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.max_redirects = 5
    session.mount("http://", _Adapter())
    session.mount("https://", _Adapter())
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it warns of odd headers with a stack trace
    return session


def head(url: str, base_url: str, policy: RetryPolicy, validators: Headers | None = None) -> requests.Response | None:
    """The response to HEAD, of status 304 where the file still has these ``validators``; None where there is no file.

    404 means that there is none, and so does 403, which is S3's answer for a key that it does not have. A 403 that does
    not look like S3's, where the root of the host gives the same, means that the whole host refuses: raises Refused.
    So does any other status.
    """
    response = retry(url, policy, lambda: request("HEAD", url, policy, headers=validators))
    if response.status_code == 200 or (response.status_code == 304 and validators):
        return response
    if response.status_code in {404, 410}:
        return None
    if response.status_code != 403:
        raise Refused(f"{url}: {status_of(response)} instead of 200 (OK); run again later")
    if _is_xml(response) or not _refuses(url, f"{base_url}/", policy):
        return None
    raise Refused(
        f"{url}: {urlsplit(url).hostname} refuses every request (403 {response.reason}), not only for this file; "
        "it may have had too many requests; run again later"
    )


def _refuses(url: str, root: str, policy: RetryPolicy) -> bool:
    """Whether the host that refuses a file refuses its root as well."""
    response = retry(f"{url}: is refused (403), and {root}", policy, lambda: request("HEAD", root, policy))
    return response.status_code == 403 and not _is_xml(response)


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
        # Without its cause, whose text may contain an address with a token: luigid shows causes.
        message = f"{url}: {error}, also in the last of {policy.attempts} attempts; run again later"
    raise Unreachable(message)


def request(method: str, url: str, policy: RetryPolicy, **options: Any) -> requests.Response:
    """The response. Raises TransientError for a status, or a failure of the connection, that a retry may cure.

    Raises Refused for an address that cannot be requested, also where a redirect leads to it.
    """
    options |= {"timeout": (10, policy.read_timeout_s), "stream": method == "GET"}
    try:
        response = respond_within(policy.response_timeout_s, lambda: session().request(method, url, **options))
    except ADDRESS_ERRORS as error:
        raise Refused(f"{url}: cannot be requested ({error}); check its address in config or the environment") from None
    except WIRE_ERRORS as error:
        raise TransientError(f"no response ({_reason(error)})") from None
    if response.status_code not in TRANSIENT:
        return response
    with response:
        wait = retry_after(response)
        if wait is None and response.status_code == TOO_MANY_REQUESTS:
            wait = LIMIT_RESETS_AFTER_S
        raise TransientError(status_of(response), wait)


def respond_within(seconds: float, call: Callable[[], requests.Response]) -> requests.Response:
    """What the call returns or raises. Raises TimeoutError where it takes longer.

    The timeouts of sockets are for a read: a host that sends a byte of its headers now and then never exceeds them, and
    each redirect has its own. Nothing ends such a call, so it has a thread of its own, which the process does not wait
    for. A response that comes too late is closed.
    """
    future: Future[requests.Response] = Future()

    def run() -> None:
        try:
            response = call()
        except BaseException as error:
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
        else:
            if future.set_running_or_notify_cancel():
                future.set_result(response)
            else:
                response.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if future.cancel():
        raise TimeoutError(
            f"its headers did not arrive in {seconds:g} s, response_timeout_s of [download] in luigi.cfg"
        )
    return future.result()


def _reason(error: BaseException) -> str:
    """The innermost message: requests wraps it three times."""
    inner = error.args[0] if error.args else error
    inner = getattr(inner, "reason", inner)
    return re.sub(r"^.*?object at 0x\w+>: |^\w+\(.*?\): ", "", str(inner))
