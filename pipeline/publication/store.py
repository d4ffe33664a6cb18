"""Object storage by fsspec: S3 and whatever has its interface, or a folder; each failure in one line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.errors import BadInput, UploadFailed
from pipeline.paths import installation

RIGHTS = "s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject"
RESULT = "what is complete here stays so, and the next run uploads what is missing"


@dataclass(frozen=True)
class Limits:
    """How often a request is tried, and the seconds to wait for each part of a response."""

    attempts: int
    timeout_s: float


@dataclass(frozen=True)
class Store:
    """The folder of object storage that an address names; ``files`` is fsspec's file system."""

    address: str
    files: Any
    root: str

    def size(self, name: str) -> int | None:
        """The bytes of the object; None where there is none."""
        with failures_in_one_line(self.address), suppress(FileNotFoundError):
            return int(self.files.size(self.path_of(name)))
        return None

    def sizes(self) -> dict[str, int]:
        """The bytes of all objects, by name."""
        with failures_in_one_line(self.address), suppress(FileNotFoundError):
            found = self.files.find(self.root, detail=True)
            return {path.removeprefix(self.path_of("")): int(info["size"]) for path, info in found.items()}
        return {}

    def read(self, name: str) -> bytes | None:
        """The content of the object; None where there is none."""
        with failures_in_one_line(self.address), suppress(FileNotFoundError):
            return bytes(self.files.cat_file(self.path_of(name)))
        return None

    def put(self, file: Path, name: str) -> None:
        """Uploads a file, so that the object has its content or the one that it had before."""
        path = self.path_of(name)
        with failures_in_one_line(self.address):
            if "file" not in self.files.protocol:
                self.files.put_file(str(file), path)
                return
            self.files.put_file(str(file), f"{path}.part")
            self.files.mv(f"{path}.part", path)

    def write(self, content: bytes, name: str) -> None:
        """Uploads a content, as ``put`` does."""
        with TemporaryDirectory() as folder:
            file = Path(folder, Path(name).name)
            file.write_bytes(content)
            self.put(file, name)

    def delete(self, name: str) -> None:
        """Deletes the object, where there is one."""
        with failures_in_one_line(self.address), suppress(FileNotFoundError):
            self.files.rm_file(self.path_of(name))

    def path_of(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}"


def open_store(address: str, limits: Limits) -> Store:
    """The store of an address. Sends no request. Raises UploadFailed where a package for it is missing."""
    try:
        check_packages(address)
    except BadInput as error:
        raise UploadFailed(f"{error}; {RESULT}") from error
    import fsspec

    protocol = address.partition("://")[0]
    files, root = fsspec.url_to_fs(address, **options_of(protocol, limits))
    if protocol in {"s3", "s3a"}:
        files.retries = 1  # botocore repeats requests: together, s3fs's own five would make 25
    return Store(address, files, root)


def check_packages(address: str) -> None:
    """Raises BadInput where a package for the address is missing, or none is known."""
    protocol = address.partition("://")[0]
    try:
        import fsspec

        fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        remedy = installation("s3")
        if protocol not in {"s3", "s3a", "file"} and "fsspec" in sys.modules:
            remedy = f"{error}, in the environment of this program ({sys.executable})"
        raise BadInput(f"{address}: the packages for this storage are not installed; {remedy}") from error
    except ValueError as error:
        raise BadInput(
            f"{address}: fsspec knows no protocol {protocol}; use s3://bucket/folder or file:///folder"
        ) from error


def options_of(protocol: str, limits: Limits) -> dict[str, Any]:
    """What fsspec's file system of the protocol is opened with."""
    if protocol == "file":
        return {"auto_mkdir": True}
    if protocol not in {"s3", "s3a"}:
        return {}
    retries = {"total_max_attempts": limits.attempts, "mode": "standard"}
    waits = {"connect_timeout": min(limits.timeout_s, 10), "read_timeout": limits.timeout_s}
    # One of an earlier process would have connections that a forked one cannot use.
    return {
        "config_kwargs": {"retries": retries, **waits},
        "use_listings_cache": False,
        "skip_instance_cache": True,
    }


@contextmanager
def failures_in_one_line(address: str) -> Iterator[None]:
    """Raises UploadFailed for each failure of the store, without what the store or a library says of it: it may repeat
    what was sent. FileNotFoundError passes where the block handles it; else the bucket does not exist.
    """
    try:
        yield
    except failures() as error:
        raise UploadFailed(f"{address}: {reason_of(error)}; {RESULT}") from None


def failures() -> tuple[type[Exception], ...]:
    """The errors of a store: those of the system, and those of botocore where it is used."""
    botocore = sys.modules.get("botocore.exceptions")
    return (OSError, botocore.BotoCoreError) if botocore else (OSError,)


def reason_of(error: Exception) -> str:
    """What is wrong, and what to do about it, by the kind of error."""
    kind, status = type(error).__name__, status_of(error)
    if isinstance(error, FileNotFoundError):
        return "the bucket or folder does not exist; create it, or correct MOBILITY_PUBLISH_URL"
    if status in {401, 403}:
        return f"refused the credentials, or they lack a right ({RIGHTS}); correct them in the environment"
    if "Credential" in kind or kind in {"ProfileNotFound", "TokenRetrievalError", "SSOError"}:
        return (
            f"no credentials were found ({kind}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, in "
            "the environment"
        )
    if status:
        return f"answered HTTP status {status} at every attempt; see what its provider says of it"
    if isinstance(error, TimeoutError) or "Timeout" in kind:
        return f"did not answer in time ({kind}); check the network, or raise [upload] timeout_s in luigi.cfg"
    words = getattr(error, "strerror", None) or kind
    return f"cannot be reached or written ({words}); check the address, AWS_ENDPOINT_URL and the network"


def status_of(error: BaseException) -> int | None:
    """The HTTP status of the response that an error of s3fs stems from, where there was one."""
    response = getattr(error.__cause__, "response", None)
    return response.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(response, dict) else None
