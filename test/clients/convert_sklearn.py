"""Trains classifiers on made-up rows and converts them with scikit-learn's converter and its defaults.

    python convert_sklearn.py <folder>   writes <name>.onnx, and tells rows and probabilities as one JSON document
"""

import json
import sys

import numpy as np
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = sys.argv[1]
random = np.random.default_rng(1)
rows = random.normal(size=(400, 3)).astype(np.float32)
late = (rows[:, 0] + rows[:, 1] / 2 + random.normal(size=400) > 0).astype(int)
told = {}
for name, model in {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
    "boosted": GradientBoostingClassifier(n_estimators=20),
    "forest": RandomForestClassifier(n_estimators=10, random_state=1),
    "network": MLPClassifier((8,), max_iter=50, random_state=1),
}.items():
    model.fit(rows, late)
    with open(f"{folder}/{name}.onnx", "wb") as file:
        file.write(to_onnx(model, rows[:1]).SerializeToString())
    told[name] = model.predict_proba(rows[:50])[:, 1].tolist()
print(json.dumps({"rows": rows[:50].tolist(), "probabilities": told}))
