"""Parameters of a build: from the file that the pipeline is given, else the defaults of slipway.yaml."""

import json
import os
from datetime import datetime, timezone
from pathlib import Path

DEFAULTS = {
    "data.from": "2001-03-05",
    "data.until": "2001-05-21",
    "evaluation.days": 28,
    "retrain.evaluationDays": 14,
    "train.perDay": 1200,
    "evaluation.perDay": 800,
    "trees": 60,
    "depth": 5,
    "learningRate": 0.15,
}


def read_params() -> dict:
    file = os.environ.get("SLIPWAY_PARAMS_FILE")
    return DEFAULTS if file is None else {**DEFAULTS, **json.loads(Path(file).read_text())}


def day_of(text: str) -> int:
    """Midnight (UTC) of `2001-02-26`, epoch milliseconds."""
    return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp() * 1000)
