"""Flights with what is known of them before they depart, and whether they were late.

One row per departure of the Parquet file in the package vega-datasets (US Department of Transportation data,
2001-01-01 to 2001-07-01; `date` is the local time of departure). Rows that production logged have our own columns.
"""

from pathlib import Path

import duckdb

FILE = Path("node_modules/vega-datasets/data/flights-3m.parquet")

LATE_MINUTES = 15
#: Delays below this never happened: they are errors of the record.
EARLIEST_MINUTES = -120

COLUMNS = ("origin", "destination", "hour", "weekday", "distance", "late", "event_time")

#: hour: 0 to 24, with minutes as fraction; weekday: 0 is Sunday; distance: miles
FEATURES = f"""
    origin,
    destination,
    round(hour(date) + minute(date) / 60, 2) AS hour,
    dayofweek(date) AS weekday,
    CAST(distance AS DOUBLE) AS distance,
    CAST(delay >= {LATE_MINUTES} AS INTEGER) AS late,
    epoch_ms(date) AS event_time
"""


def read_flights(start: int, until: int, per_day: int, file: Path = FILE) -> list[tuple]:
    """Flights of [start, until), ascending: without impossible delays, without repeated rows, and at most `per_day`
    of a day, every k-th of it, so that all hours are kept. Rows have the order of COLUMNS."""
    spread = f"""
        WITH flights AS (
            SELECT DISTINCT date, delay, distance, origin, destination FROM read_parquet($file)
            WHERE date >= epoch_ms($start) AND date < epoch_ms($until) AND delay >= {EARLIEST_MINUTES}
        ), numbered AS (
            SELECT *,
                row_number() OVER (day ORDER BY date, delay, origin, destination) - 1 AS n,
                count(*) OVER day AS total
            FROM flights WINDOW day AS (PARTITION BY date_trunc('day', date))
        )
        SELECT {FEATURES} FROM numbered
        WHERE total <= $most OR ((n + 1) * $most + total - 1) // total > (n * $most + total - 1) // total
        ORDER BY date, delay, origin, destination
    """
    given = {"file": str(file), "start": start, "until": until, "most": per_day}
    return duckdb.execute(spread, given).fetchall()


def read_exported(file: str | None, until: int) -> list[tuple]:
    """Rows before `until` that production logged and that have labels by now, ascending, in the order of COLUMNS."""
    if file is None:
        return []
    rows = f"SELECT {', '.join(COLUMNS)} FROM read_parquet(?) WHERE event_time < ? ORDER BY event_time"
    return duckdb.execute(rows, [file, until]).fetchall()
