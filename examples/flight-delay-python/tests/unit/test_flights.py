"""What is known before departure, and what counts as late: asked of a small file of the same form."""

from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from flight_delay.flights import COLUMNS, read_exported, read_flights

DAY_MS = 86_400_000
MONDAY = int(datetime(2001, 3, 5, tzinfo=timezone.utc).timestamp() * 1000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "flights.parquet"
    duckdb.execute(
        f"""COPY (SELECT TIMESTAMP '2001-03-05 00:00:00' + to_minutes(CAST(i AS INTEGER)) AS date,
            i % 30 AS delay, 491 AS distance, 'MEM' AS origin, 'ORD' AS destination FROM range(1440) r(i)
        UNION ALL SELECT TIMESTAMP '2001-03-05 00:00:00', 0, 491, 'MEM', 'ORD'
        UNION ALL SELECT TIMESTAMP '2001-03-05 06:00:00', -500, 491, 'MEM', 'ORD'
        UNION ALL SELECT TIMESTAMP '2001-03-06 17:30:00', 14, 1000, 'ATL', 'DEN'
        ) TO '{path}' (FORMAT parquet)"""
    )
    return path


def test_features_are_what_is_known_before_departure(file: Path) -> None:
    (row,) = read_flights(MONDAY + DAY_MS, MONDAY + 2 * DAY_MS, 100, file)
    assert dict(zip(COLUMNS, row, strict=True)) == {
        "origin": "ATL",
        "destination": "DEN",
        "hour": 17.5,
        "weekday": 2,
        "distance": 1000.0,
        "late": 0,
        "event_time": MONDAY + DAY_MS + int(17.5 * 3_600_000),
    }


def test_late_is_from_15_minutes_on(file: Path) -> None:
    rows = read_flights(MONDAY, MONDAY + 30 * 60_000, 100, file)
    assert [row[5] for row in rows] == [0] * 15 + [1] * 15


def test_impossible_delays_and_repeated_rows_are_left_out(file: Path) -> None:
    assert len(read_flights(MONDAY, MONDAY + DAY_MS, 10_000, file)) == 1440


@pytest.mark.parametrize("per_day", [1, 7, 100, 1439])
def test_a_day_is_thinned_evenly(file: Path, per_day: int) -> None:
    rows = read_flights(MONDAY, MONDAY + DAY_MS, per_day, file)
    minutes = [(row[6] - MONDAY) // 60_000 for row in rows]
    assert minutes == [index * 1440 // per_day for index in range(per_day)]


def test_rows_of_production_come_as_they_were_logged(tmp_path: Path) -> None:
    path = tmp_path / "exported.parquet"
    duckdb.execute(
        f"""COPY (SELECT 'ATL' AS origin, 'DEN' AS destination, CAST(8.5 AS FLOAT) AS hour,
            CAST(3 AS BIGINT) AS weekday, CAST(1000 AS FLOAT) AS distance, i % 2 AS late,
            CAST(i AS BIGINT) AS event_time FROM range(4) r(i)
        ORDER BY i DESC) TO '{path}' (FORMAT parquet)"""
    )
    assert read_exported(str(path), 2) == [("ATL", "DEN", 8.5, 3, 1000.0, late, late) for late in (0, 1)]
    assert read_exported(None, 2) == []
