"""Tables of the pipeline: CSV with a header; the first columns are the features."""

import csv
from pathlib import Path

from flight_delay.flights import COLUMNS


def write_table(path: Path, rows: list[tuple]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def read_table(path: Path) -> list[tuple]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        return [
            (o, d, float(hour), int(weekday), float(miles), int(late), int(at))
            for o, d, hour, weekday, miles, late, at in rows
        ]
