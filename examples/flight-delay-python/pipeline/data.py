"""Data step: of the flights of [data.from, data.until) the last days are held out, the earlier ones are for training:
split by time, as production will meet it. Rows that production logged, where the release brings some, take the place
of our own from their first day on."""

import os
from pathlib import Path

from flight_delay.flights import read_exported, read_flights
from flight_delay.params import day_of, read_params
from flight_delay.table import write_table

DAY_MS = 86_400_000
REFERENCE_ROWS = 15_000
EVENT_TIME = -1


def main() -> None:
    params = read_params()
    exported_file = os.environ.get("SLIPWAY_EXPORTED_DATA")
    start, until = day_of(params["data.from"]), day_of(params["data.until"])
    # Production has known only the last weeks: holding four of them out would leave nothing new to learn from.
    held_out = params["evaluation.days"] if exported_file is None else params["retrain.evaluationDays"]
    split = until - held_out * DAY_MS

    exported = read_exported(exported_file, split)
    first_exported = min((row[EVENT_TIME] for row in exported), default=split)
    flights = read_flights(start, min(split, first_exported), params["train.perDay"])
    training = [*flights, *exported]
    evaluation = read_flights(split, until, params["evaluation.perDay"])
    if not training or not evaluation:
        raise SystemExit(f"no flights from {params['data.from']} to {params['data.until']}")

    build = Path("build")
    build.mkdir(exist_ok=True)
    write_table(build / "training.csv", training)
    write_table(build / "evaluation.csv", evaluation)
    write_table(build / "reference.csv", training[:: max(1, len(training) // REFERENCE_ROWS)])
    print(f"{len(training)} rows to train on ({len(exported)} of them from production), {len(evaluation)} held out")


if __name__ == "__main__":
    main()
