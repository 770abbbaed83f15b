"""The pipeline from flights to model on a few days, in a directory of its own."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

PARAMS = {
    "data.from": "2001-03-05",
    "data.until": "2001-03-12",
    "evaluation.days": 2,
    "train.perDay": 200,
    "evaluation.perDay": 100,
    "trees": 10,
}
ROOT = Path.cwd()


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("pipeline")
    (directory / "node_modules").symlink_to(ROOT / "node_modules")
    (directory / "params.json").write_text(json.dumps(PARAMS))
    run("pipeline.data", directory)
    run("pipeline.train", directory)
    return directory / "build"


def run(step: str, directory: Path, **variables: str) -> None:
    given = {"SLIPWAY_PARAMS_FILE": str(directory / "params.json"), "PYTHONPATH": str(ROOT), **variables}
    subprocess.run([sys.executable, "-m", step], cwd=directory, env={**os.environ, **given}, check=True)


def rows(file: Path) -> list[dict]:
    with file.open(newline="") as table:
        return list(csv.DictReader(table))


def test_splits_by_time(build: Path) -> None:
    training, evaluation = rows(build / "training.csv"), rows(build / "evaluation.csv")
    assert max(int(row["event_time"]) for row in training) < min(int(row["event_time"]) for row in evaluation)
    assert (len(training), len(evaluation)) == (1000, 200)


def test_learns_more_than_the_share_of_late_flights(build: Path) -> None:
    labels = [int(row["late"]) for row in rows(build / "evaluation.csv")]
    share = sum(labels) / len(labels)
    assert json.loads((build / "report.json").read_text())["brier"] < share * (1 - share) + 0.02


def test_writes_a_model(build: Path) -> None:
    onnx.checker.check_model(onnx.load(build / "model.onnx"))


def test_trains_the_same_bytes_again(build: Path) -> None:
    written = set()
    # What depends on the order of a set is another in a process with another seed.
    for seed in ("1", "2", "3"):
        run("pipeline.train", build.parent, PYTHONHASHSEED=seed)
        written.add((build / "model.onnx").read_bytes())
    assert len(written) == 1
