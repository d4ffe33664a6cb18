"""A month that fails a critical expectation is not published until a person accepts these failures."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.conftest import Place

FARES = "update raw_data.yellow_taxi set fare_amount = fare_amount * 100 where source_month = '2024-02-01'"


def published(place: Place) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in place.data.glob("published/*/month=2024-02/*")}


def damage(place: Place, sql: str) -> None:
    """Damages the loaded rows of February and has its models built again."""
    with duckdb.connect(place.data / "warehouse/nyc_mobility.duckdb") as con:
        con.execute(sql)
    (place.data / "warehouse/transformed/2024-02.json").unlink()


def test_a_rejected_month_is_not_published_until_it_is_accepted_on_record(copy_of: Callable[[], Place]) -> None:
    place = copy_of()
    before = published(place)
    damage(place, FARES)
    ended = place.month("2024-02")
    assert ended.returncode == 30
    assert "2024-02 is rejected: staging.stg_tlc__yellow_taxi: 2024-02 yellow_taxi FAILED " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert published(place) == before

    status = place.verb("status").stdout
    assert "2024-02 is rejected: staging.stg_tlc__yellow_taxi" in status
    assert place.month("2024-02").returncode == 30

    assert place.verb("accept", "2024-01", "--reason", "fine").returncode == 2
    assert place.verb("accept", "2024-02", "--reason", " ").returncode == 2
    accepted = place.verb("accept", "2024-02", "--reason", "TLC published cents, told them")
    assert (accepted.returncode, accepted.stdout[:17]) == (0, "2024-02: accepted")
    query = "select distinct accepted_because, severity, outcome from audit.findings where accepted_because is not null"
    assert place.query(query) == [("TLC published cents, told them", "critical", "fail")]

    assert place.month("2024-02").returncode == 0
    assert published(place) != before
    assert "is rejected" not in place.verb("status").stdout
    assert place.verb("verify").returncode == 0

    damage(place, FARES)  # fares are a hundred times higher still, which is a new failure
    assert place.month("2024-02").returncode == 30


def test_a_month_with_a_gap_in_its_weather_is_rejected_and_does_not_stop_other_months(
    copy_of: Callable[[], Place],
) -> None:
    place = copy_of()
    damage(place, "delete from raw_data.weather where source_month = '2024-02-01' and \"time\" >= '2024-02-20'")
    (place.data / "complete/2024-03.json").unlink()
    arguments = ("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-04")
    ended = place.luigi(*arguments)
    assert ended.returncode == 30
    assert "every hour of the month has a temperature" in ended.stderr and "2024-02-20 " in ended.stderr
    assert place.luigi(*arguments).returncode == 30
    assert (place.data / "complete/2024-03.json").exists()


def test_sound_months_have_data_docs_and_findings_of_every_suite(finished: Place) -> None:
    suites = {path.stem for path in (Path(__file__).parents[2] / "config/expectations").glob("*.yaml")}
    rows = finished.query("""
        select suite, count(*), count(*) filter (outcome in ('fail', 'error') and severity = 'critical')
        from audit.findings where is_latest group by suite
    """)
    evaluated = {str(suite) for suite, *_ in rows}
    assert suites - evaluated == {"stg_tlc__green_taxi", "stg_tlc__hvfhv_taxi"}  # sources that these months lack
    assert [critical for *_, critical in rows] == [0] * len(rows)
    docs = finished.data / "reports/quality"
    assert {path.name for path in docs.glob("validations/*")} == evaluated
    assert "2024-02" in (docs / "index.html").read_text()
