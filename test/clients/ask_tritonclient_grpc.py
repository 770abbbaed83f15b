"""Asks a node with tritonclient over gRPC, as its users do and with its defaults; tells what it saw as one JSON document.

    python ask_tritonclient_grpc.py <host:port> <model of every datatype> <its version> <seconds of load>
"""

import json
import sys
import time

import numpy as np
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from values import VALUES

address, model, version, seconds = sys.argv[1:5]
client = triton.InferenceServerClient(address)


def inputs(change={}):
    for name, values in {**VALUES, **change}.items():
        given = triton.InferInput(name, list(values.shape), np_to_triton_dtype(values.dtype))
        yield given.set_data_from_numpy(values)


def same(answer):
    def equal(name, values):
        found = answer.as_numpy(f"same_{name}")
        if values.dtype != object:
            return bool(np.array_equal(found, values, equal_nan=values.dtype.kind == "f"))
        return list(found.flatten()) == list(values.flatten())

    return {name: equal(name, values) for name, values in VALUES.items()}


def refusal(ask):
    try:
        ask()
    except InferenceServerException as error:
        return {"type": "InferenceServerException", "status": error.status(), "message": error.message()}
    return {"type": None}


def row():
    for name, values in {
        "hour": np.array([[7.3]], np.float32),
        "distance": np.array([[100]], np.int64),
        "origin": np.array([[b"a"]], np.object_),
        "tail": np.array([[b"a"]], np.object_),
    }.items():
        yield triton.InferInput(name, [1, 1], np_to_triton_dtype(values.dtype)).set_data_from_numpy(values)


def asynchronously(count):
    answers = []
    for _ in range(count):
        client.async_infer("late", list(row()), lambda result, error: answers.append(error or result))
    while len(answers) < count:
        time.sleep(0.01)
    return sum(isinstance(answer, triton.InferResult) for answer in answers)


def load(until):
    """Asks as long as versions are switched; a call that fails ends it with its error."""
    seen = {}
    while time.monotonic() < until:
        name = client.infer("late", list(row())).get_response().model_version
        seen[name] = seen.get(name, 0) + 1
    return seen


metadata = client.get_model_metadata(model, as_json=True)
everything = client.infer(model, list(inputs()), request_id="mine")
wanted = client.infer(model, list(inputs()), outputs=[triton.InferRequestedOutput("pairs")], model_version=version)
with_parameters = client.infer(
    "late", list(row()), headers={"x-slipway-version": "candidate"}, parameters={"event_time": 983779200000}
)

print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "modelReady": [client.is_model_ready(model), client.is_model_ready(model, version)],
            "extensions": list(client.get_server_metadata().extensions),
            "inputs": [tensor["datatype"] for tensor in metadata["inputs"]],
            "raw": same(everything),
            "answer": [everything.get_response().model_name, everything.get_response().model_version, everything.get_response().id],
            "pairs": wanted.as_numpy("pairs").tolist(),
            "onlyWanted": [output.name for output in wanted.get_response().outputs],
            "gzip": same(client.infer(model, list(inputs()), compression_algorithm="gzip")),
            "asked": with_parameters.get_response().model_version,
            "async": asynchronously(8),
            "refused": {
                "model": refusal(lambda: client.infer("other", list(inputs()))),
                "version": refusal(lambda: client.infer(model, list(inputs()), model_version="7")),
                "type": refusal(lambda: client.infer(model, list(inputs({"fp32": np.zeros((2, 1))})))),
                "shape": refusal(lambda: client.infer(model, list(inputs({"int8": np.zeros((2, 3), np.int8)})))),
                "infinite": refusal(
                    lambda: client.infer(model, list(inputs({"fp32": np.full((2, 1), np.inf, np.float32)})))
                ),
                "large": refusal(
                    lambda: client.infer(model, list(inputs({"fp64": np.zeros((300_000, 8))})))
                ),
            },
            "load": load(time.monotonic() + float(seconds)),
        }
    )
)
