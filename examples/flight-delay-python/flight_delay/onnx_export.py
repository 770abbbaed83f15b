"""Writes the model as an ONNX graph that takes the raw features and gives one probability."""

import onnx
from onnx import TensorProto, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.pipeline import Pipeline

OPSETS = {"": 17, "ai.onnx.ml": 3}

INPUTS = [
    ("origin", StringTensorType([None, 1])),
    ("destination", StringTensorType([None, 1])),
    ("hour", FloatTensorType([None, 1])),
    ("weekday", Int64TensorType([None, 1])),
    ("distance", FloatTensorType([None, 1])),
]


def to_onnx(model: Pipeline) -> onnx.ModelProto:
    # Without a name skl2onnx takes a random one, and the same model would be other bytes each time.
    converted = convert_sklearn(
        model, name="flight-delay", initial_types=INPUTS, target_opset=OPSETS, options={"zipmap": False}
    )
    # Their order is that of a set, another in each process.
    opsets = sorted(converted.opset_import, key=lambda opset: opset.domain)
    del converted.opset_import[:]
    converted.opset_import.extend(opsets)
    return only_late(converted)


def only_late(converted: onnx.ModelProto) -> onnx.ModelProto:
    """A classifier of scikit-learn gives the label and a probability for each class. Served is the one of `late`,
    of shape [rows, 1]; without ZipMap it is a column of a tensor."""
    graph = converted.graph
    graph.initializer.append(helper.make_tensor("late_class", TensorProto.INT64, [1], [1]))
    graph.node.append(helper.make_node("Gather", ["probabilities", "late_class"], ["probability"], "late", axis=1))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["rows", 1]))
    for given in graph.input:
        given.type.tensor_type.shape.dim[0].dim_param = "rows"
    onnx.checker.check_model(converted)
    return converted
