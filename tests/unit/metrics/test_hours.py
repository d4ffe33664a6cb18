"""The hours of a month: what is known of their past, the hours of the clock changes, and the trips of each borough."""

from datetime import date, datetime

import duckdb
import numpy as np
import pytest

from pipeline.metrics.conditions import clean
from pipeline.metrics.hours import Hours, hours_of
from tests.unit.metrics.hours_tables import create_tables

JANUARY, MARCH, NOVEMBER = date(2024, 1, 1), date(2024, 3, 1), date(2024, 11, 1)


def hours(month: date = JANUARY, mm: str = "0", trips: str = "10") -> Hours:
    with duckdb.connect() as con:
        create_tables(con, month, mm, trips)
        return hours_of(con, month)


def test_the_hours_since_rain_are_counted_up_to_six() -> None:
    weather = hours(mm="if(hour in (20, 21), 1, 0)").weather
    assert weather["is_rain"].nonzero()[0].tolist() == [20, 21]
    assert weather["hours_since"][21:29] == pytest.approx([1, 1, 2, 3, 4, 5, 6, np.nan], nan_ok=True)
    assert set(weather["fell_last"][22:28]) == {"rain"} and weather["fell_last"][28] == ""


def test_an_hour_is_compared_as_dry_if_it_and_the_six_before_are_known_to_be_dry() -> None:
    weather = hours(mm="case when hour = 20 then 1 when hour = 40 then null else 0 end").weather
    expected = [hour for hour in range(744) if hour >= 6 and not 20 <= hour <= 26 and not 40 <= hour <= 46]
    assert clean(weather).nonzero()[0].tolist() == expected
    assert (~weather["is_known"]).nonzero()[0].tolist() == [40]
    assert not weather["is_rain"][40] and not weather["is_dry"][40] and not weather["is_adverse_known"][40]


def test_the_hours_before_the_month_are_not_read_so_that_other_loaded_months_change_nothing() -> None:
    with duckdb.connect() as con:
        create_tables(con, JANUARY)
        con.execute(
            "insert into core.dim_weather by name select * replace (9 as precipitation_mm, 'rain' as "
            "precipitation_type, local_hour - interval 1 month as local_hour, utc_hour - interval 1 month as "
            "utc_hour) from core.dim_weather"
        )
        weather = hours_of(con, JANUARY).weather
    assert len(weather["hours"]) == 744
    assert clean(weather).nonzero()[0].tolist() == list(range(6, 744))


def test_the_hour_that_the_clocks_repeat_is_one_row_of_two_hours_with_the_weather_of_both() -> None:
    weather = hours(NOVEMBER, mm="if(hour = 50, 3, 0)").weather
    repeated = int(np.flatnonzero(weather["hours"] == 2).item())
    assert weather["local_hour"][repeated] == np.datetime64(datetime(2024, 11, 3, 1))
    assert len(weather["hours"]) == 720 and weather["hours"].sum() == 721
    assert weather["is_rain"][repeated] and not weather["is_dry"][repeated]
    assert weather["precipitation_mm"][repeated] == 1.5


def test_the_hour_that_the_clocks_skip_does_not_exist() -> None:
    weather = hours(MARCH).weather
    assert len(weather["hours"]) == 743 and set(weather["hours"]) == {1}


def test_a_holiday_has_the_strata_of_a_sunday() -> None:
    weather = hours().weather
    holiday = weather["day"] == 4  # a Thursday
    assert weather["is_holiday"].tolist() == holiday.tolist()
    assert set(weather["stratum"][holiday]) == set(weather["stratum"][weather["day"] == 7])


def test_trips_are_those_of_all_boroughs_and_of_each_known_one_with_enough_trips() -> None:
    trips = hours(trips="hour % 2 * 2").trips
    assert list(trips) == ["citibike", "fhv"]
    assert list(trips["citibike"]) == ["all", "Queens"]
    assert trips["citibike"]["Queens"][:4].tolist() == [0, 2, 0, 2]
    assert trips["citibike"]["all"][:4].tolist() == [0, 4, 0, 4]


def test_a_month_without_trips_has_none() -> None:
    with duckdb.connect() as con:
        create_tables(con, JANUARY)
        con.execute("delete from core.fct_hourly_mobility")
        assert hours_of(con, JANUARY).trips == {}
