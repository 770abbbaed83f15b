"""The exported graph says what scikit-learn says, also of what it has never seen."""

import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator

from flight_delay.model import FEATURES, build_model, features_of, labels_of
from flight_delay.onnx_export import to_onnx

TYPES = (object, object, np.float32, np.int64, np.float32)


def flights(count: int) -> list[tuple]:
    random = np.random.default_rng(7)
    airports = ["ATL", "DEN", "MEM", "ORD"]
    rows = []
    for index in range(count):
        hour = round(float(random.uniform(0, 24)), 2)
        origin, destination = (str(one) for one in random.choice(airports, 2))
        late = int(random.uniform() < (0.6 if origin == "ORD" else 0.1) + hour / 100)
        rows.append((origin, destination, hour, index % 7, float(random.integers(100, 2000)), late, index))
    return rows


@pytest.fixture(scope="module")
def model():
    rows = flights(2_000)
    return build_model(trees=20, depth=3, learning_rate=0.15).fit(features_of(rows), labels_of(rows))


def ask(graph, rows: list[tuple]) -> np.ndarray:
    given = {
        name: np.array([[row[column]] for row in rows], dtype=TYPES[column]) for column, name in enumerate(FEATURES)
    }
    (probability,) = ReferenceEvaluator(graph).run(None, given)
    return probability


def test_the_graph_agrees_with_scikit_learn(model) -> None:
    rows = flights(200)
    probability = ask(to_onnx(model), rows)
    assert probability.shape == (200, 1)
    np.testing.assert_allclose(probability[:, 0], model.predict_proba(features_of(rows))[:, 1], atol=1e-6)


def test_an_airport_that_was_never_seen_counts_like_the_average(model) -> None:
    origin, *rest = flights(1)[0]
    assert origin != "XYZ"
    unknown = [("XYZ", *rest)]
    np.testing.assert_allclose(
        ask(to_onnx(model), unknown)[:, 0], model.predict_proba(features_of(unknown))[:, 1], atol=1e-6
    )


def test_the_graph_takes_the_declared_features_and_gives_one_probability(model) -> None:
    graph = to_onnx(model).graph
    assert tuple(one.name for one in graph.input) == FEATURES
    assert [one.name for one in graph.output] == ["probability"]
    assert "ZipMap" not in {node.op_type for node in graph.node}


def test_busy_airports_learn_their_own_share(model) -> None:
    row = ("ATL", "DEN", 12.0, 1, 500.0, 0, 0)
    late = model.predict_proba(features_of([row, ("ORD", *row[1:])]))[:, 1]
    assert late[1] > late[0] + 0.2
