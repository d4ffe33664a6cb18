"""The errors of the project.

::

    MobilityError                its message names the month, the file, what was expected, what was found, what to do
    ├── BadInput                 an argument or setting is not valid; nothing was changed
    ├── AlreadyRunning           another run has locked the data folder
    ├── Unavailable              the publisher did not provide it
    │   ├── Unreachable          no response, or only transient errors, after all attempts
    │   └── Refused              the host refuses the request, not only for one file
    ├── BadFile                  a file is not valid: an error page, truncated, too large, unsafe paths
    │   └── SchemaChanged        a required column is missing
    ├── NoSpace                  the disk is full or not writable
    ├── WarehouseBusy            another process has locked the warehouse
    ├── TransformFailed          dbt failed; the message names the model or test and shows failing rows
    ├── UploadFailed             object storage did not take or give an object
    └── MonthRejected            a critical expectation failed, or could not be evaluated
"""

from pipeline.printable import printable


class MobilityError(Exception):
    """Base of all errors of the project. Users see the message, in one printable line, without a stack trace."""

    def __str__(self) -> str:
        return printable(super().__str__())


class BadInput(MobilityError):
    """An argument or setting is not valid; nothing was changed."""


class AlreadyRunning(MobilityError):
    """Another run has locked the data folder."""


class Unavailable(MobilityError):
    """The publisher did not provide a file."""


class Unreachable(Unavailable):
    """No response, or only transient errors, after all attempts."""


class Refused(Unavailable):
    """The host refuses the request, not only for one file."""


class BadFile(MobilityError):
    """A file is not valid."""


class SchemaChanged(BadFile):
    """A required column is missing."""


class NoSpace(MobilityError):
    """The disk is full or not writable."""


class WarehouseBusy(MobilityError):
    """Another process has locked the warehouse."""


class TransformFailed(MobilityError):
    """dbt failed; the message names the model or test and shows failing rows."""


class UploadFailed(MobilityError):
    """Object storage did not take or give an object; its message names the address, but not the month."""


class MonthRejected(MobilityError):
    """A critical expectation failed, or could not be evaluated."""
