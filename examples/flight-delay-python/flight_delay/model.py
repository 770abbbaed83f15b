"""The model: airports become the share of late flights there, and boosted trees decide on all numbers together."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import TargetEncoder

FEATURES = ("origin", "destination", "hour", "weekday", "distance")
AIRPORTS = [0, 1]
NUMBERS = [2, 3, 4]

#: How many flights the overall share counts for, where an airport has few of its own.
PRIOR_FLIGHTS = 50.0


def build_model(trees: int, depth: int, learning_rate: float) -> Pipeline:
    encode = ColumnTransformer(
        [
            ("airports", TargetEncoder(target_type="binary", smooth=PRIOR_FLIGHTS, random_state=0), AIRPORTS),
            ("numbers", "passthrough", NUMBERS),
        ]
    )
    classify = HistGradientBoostingClassifier(
        max_iter=trees, max_depth=depth, learning_rate=learning_rate, early_stopping=False, random_state=0
    )
    return Pipeline([("encode", encode), ("classify", classify)])


def features_of(rows: list[tuple]) -> np.ndarray:
    """Raw features; numbers as the 32-bit floats that the exported graph has."""
    features = np.empty((len(rows), len(FEATURES)), dtype=object)
    for column in range(len(FEATURES)):
        values = [row[column] for row in rows]
        features[:, column] = values if column in AIRPORTS else np.asarray(values, dtype=np.float32)
    return features


def labels_of(rows: list[tuple]) -> np.ndarray:
    return np.array([row[len(FEATURES)] for row in rows], dtype=np.int64)
