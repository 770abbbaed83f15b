"""Boosted trees over twenty features, the usual shape of a model of tables, trained on made-up rows.

    python train.py <folder>    writes model.joblib, and model.onnx where the converter is there
"""

import sys

import joblib
import numpy as np
from sklearn.ensemble import GradientBoostingClassifier

FEATURES = 20
TREES = 200

folder = sys.argv[1]
random = np.random.default_rng(1)
rows = random.normal(size=(4000, FEATURES)).astype(np.float32)
late = (rows[:, :5].sum(axis=1) + random.normal(size=4000) > 0).astype(int)
model = GradientBoostingClassifier(n_estimators=TREES, max_depth=3, random_state=1).fit(rows, late)
joblib.dump(model, f"{folder}/model.joblib")
try:
    from skl2onnx import to_onnx
except ImportError:
    sys.exit()
with open(f"{folder}/model.onnx", "wb") as file:
    file.write(to_onnx(model, rows[:1], options={"zipmap": False}).SerializeToString())
