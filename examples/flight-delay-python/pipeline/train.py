"""Train step: boosted trees on the training table, exported as ONNX, with a report of our own for people to read."""

import json
from pathlib import Path

from sklearn.metrics import brier_score_loss

from flight_delay.model import build_model, features_of, labels_of
from flight_delay.onnx_export import to_onnx
from flight_delay.params import read_params
from flight_delay.table import read_table


def main() -> None:
    params = read_params()
    build = Path("build")
    training, evaluation = read_table(build / "training.csv"), read_table(build / "evaluation.csv")
    model = build_model(params["trees"], params["depth"], params["learningRate"])
    model.fit(features_of(training), labels_of(training))
    late = model.predict_proba(features_of(evaluation))[:, 1]
    brier = brier_score_loss(labels_of(evaluation), late)
    (build / "model.onnx").write_bytes(to_onnx(model).SerializeToString(deterministic=True))
    report = {"rows": len(evaluation), "brier": round(brier, 6), "trees": params["trees"]}
    (build / "report.json").write_text(json.dumps(report, indent=2))
    print(f"held out: Brier score {brier:.4f} on {len(evaluation)} rows")


if __name__ == "__main__":
    main()
