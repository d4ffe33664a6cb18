from datetime import date

from pipeline.warehouse.batches import MAX_ROWS, batches


def test_months_are_built_together_up_to_a_number_of_rows() -> None:
    months = [date(2024, month, 1) for month in range(1, 7)]
    half = MAX_ROWS // 2
    rows = dict(zip(months, [half, half, 1, MAX_ROWS, 2 * MAX_ROWS, 1], strict=True))
    assert batches(rows) == [months[:2], months[2:3], months[3:4], months[4:5], months[5:]]
    assert batches(dict.fromkeys(reversed(months), 5_000_000)) == [months]
    assert batches({}) == []
