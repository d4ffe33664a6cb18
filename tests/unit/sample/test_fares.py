"""Fares and surcharges."""

from datetime import date

import pytest

from pipeline.sample.fares import RECORDS, rates
from pipeline.sources import sources
from tests.unit.sample.conftest import Generated
from tests.unit.sample.generated_files import MONTHS, number


@pytest.mark.parametrize("source", RECORDS)
def test_a_surcharge_begins_with_the_column_of_its_source(source: str) -> None:
    columns = {column.name.lower(): column.since for column in sources()[source].columns}
    surcharges = {
        "improvement": "improvement_surcharge",
        "congestion": "congestion_surcharge",
        "airport": "airport_fee",
        "cbd": "cbd_congestion_fee",
    }
    for rate, column in surcharges.items():
        if (since := columns.get(column)) is not None:
            before = date(since.year - 1, 12, 1)
            assert rates(before)[rate] == 0 < rates(since)[rate], f"{source} {rate}"


def test_the_fares_of_yellow_taxis_rise_in_2023() -> None:
    before, after = rates(date(2022, 12, 1)), rates(date(2023, 1, 1))
    raised = {name for name in before if after[name] > before[name]}
    assert raised == {*before} - {"toll", "congestion", "cbd"}


def test_the_total_is_the_sum_of_the_amounts(generated: Generated) -> None:
    amounts = (
        "fare_amount + extra + mta_tax + tip_amount + tolls_amount + improvement_surcharge + "
        "coalesce(congestion_surcharge, 2.5) + coalesce(Airport_fee, 0)"
    )
    file = generated.file("yellow_taxi", MONTHS[0])
    differing = f"from '{file}' where passenger_count is not null and abs({amounts} - total_amount) > 0.005"
    assert number(f"select count(*) {differing}") == 0
