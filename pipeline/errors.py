"""What can go wrong.

::

    MobilityError                a sentence that names the month, the file, what was wanted, what was got, what to do
    ├── BadInput                 what was asked for makes no sense; nothing was done
    ├── AlreadyRunning           another run holds the data folder
    ├── Unavailable              the upstream did not give it
    │   ├── Unreachable          no answer, or none but errors, after all retries
    │   └── Refused              the whole host says no
    ├── BadFile                  what arrived is not what was asked for: an error page, cut off, too large, unsafe paths
    │   └── SchemaChanged        a declared column is missing
    ├── NoSpace                  the disk is full or not writable
    ├── WarehouseBusy            another process holds the warehouse
    ├── TransformFailed          dbt failed: carries the model or test and its failing rows
    └── MonthRejected            a critical expectation failed, or could not be evaluated
"""


class MobilityError(Exception):
    """An error that we raise ourselves: its text is for people, its traceback is not."""


class BadInput(MobilityError):
    """What was asked for makes no sense; nothing was done."""


class AlreadyRunning(MobilityError):
    """Another run holds the data folder."""


class Unavailable(MobilityError):
    """The upstream did not give what was asked for."""


class Unreachable(Unavailable):
    """No answer, or none but errors, after all retries."""


class Refused(Unavailable):
    """The whole host says no: not one missing file."""


class BadFile(MobilityError):
    """What arrived is not what was asked for."""


class SchemaChanged(BadFile):
    """A declared column is missing."""


class NoSpace(MobilityError):
    """The disk is full or not writable."""


class WarehouseBusy(MobilityError):
    """Another process holds the warehouse."""


class TransformFailed(MobilityError):
    """dbt failed; the text carries the model or test and its failing rows."""


class MonthRejected(MobilityError):
    """A critical expectation failed, or could not be evaluated."""
