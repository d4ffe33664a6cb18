"""Who the data of a page are from: the publishers that it names, and the note that data are generated."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.generated import GENERATOR
from pipeline.report.figures import Row
from pipeline.report.words import counted, joined, month_name
from pipeline.sources import Publisher, sources

MANY_MONTHS = 6
"""As many months at most are named in a sentence."""
PROGRAM = f"by a program ({GENERATOR})"


def publishers_of(names: Iterable[str]) -> list[Publisher]:
    """The publishers of the named sources, each once."""
    return list(dict.fromkeys(sources()[name].publisher for name in names))


def files_of_month(ledger: Sequence[Row], provenance: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The provenance of the month's files, with the mark of generated ones on the table of taxi zones as well.

    It is a CSV file, which has no place for the mark. Where all trips and the weather are generated, so is the table.
    """
    mark = {"generated_by": GENERATOR} if ledger and all(map(is_generated, ledger)) else {}
    return [{**file, **mark} for file in provenance]


def publishers_of_month(files: Sequence[Mapping[str, Any]]) -> list[Publisher]:
    """The publishers of the files that are not generated."""
    return publishers_of(file["source"] for file in files if not is_generated(file))


def publishers_of_all(ledger: Iterable[Row]) -> list[Publisher]:
    """The publishers of whatever the ledgers of all months have that is not generated."""
    return publishers_of(sorted({row["source"] for row in ledger if not is_generated(row)}))


def is_generated(file: Mapping[str, Any]) -> bool:
    """Whether a file is generated, by its row in the ledger or its provenance; earlier versions noted nothing."""
    return bool(file.get("generated_by"))


def note_on_month(ledger: Sequence[Row]) -> str:
    """Says which data of the month are generated; empty where none are."""
    found = [sources()[row["source"]].title for row in ledger if is_generated(row)]
    if not found:
        return ""
    if len(found) == len(ledger):
        return f"The trips and the weather on this page are made up {PROGRAM}. They say nothing about New York."
    return (
        f"{'; '.join(found)}: these data are made up {PROGRAM}, and so is what is computed from them. The others are "
        "published."
    )


def generated_months(ledger: Iterable[Row]) -> dict[date, str]:
    """The months with generated data: ``generated`` or ``partly generated``."""
    kinds: dict[date, set[bool]] = {}
    for row in ledger:
        kinds.setdefault(row["month"], set()).add(is_generated(row))
    return {
        month: "partly generated" if False in found else "generated" for month, found in kinds.items() if True in found
    }


def note_on_all(ledger: Sequence[Row]) -> str:
    """Says which months have generated data; empty where none has."""
    found, months = generated_months(ledger), {row["month"] for row in ledger}
    if not found:
        return ""
    if len(found) == len(months) and set(found.values()) == {"generated"}:
        return f"The trips and the weather of all months are made up {PROGRAM}. They say nothing about New York."
    names = joined([month_name(month) for month in sorted(found)])
    some = names if len(found) <= MANY_MONTHS else f"{counted(len(found), 'month')} of {len(months)}"
    return (
        f"Data of {some} are made up {PROGRAM}, in whole or in part, and so is what is computed from them, as the "
        "effects over all months are. The table of the months says which."
    )
