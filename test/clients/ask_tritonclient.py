"""Asks a server with tritonclient, as its users do and with its defaults; tells what it saw as one JSON document.

    python ask_tritonclient.py <host:port> <model> <version>
"""

import json
import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from values import VALUES

address, model, version = sys.argv[1:4]
client = triton.InferenceServerClient(address)

# What JSON.parse of JavaScript reads without a loss; binary data is read with all of its digits.
SAFE = {"uint64": np.array([[0], [2**53 - 1]], np.uint64), "int64": np.array([[-(2**53) + 1], [1]], np.int64)}


def inputs(binary, change={}):
    for name, values in {**VALUES, **({} if binary else SAFE), **change}.items():
        given = triton.InferInput(name, list(values.shape), np_to_triton_dtype(values.dtype))
        yield given.set_data_from_numpy(values, binary_data=binary)


def same(answer, binary):
    sent = {**VALUES, **({} if binary else SAFE)}

    def equal(name, values):
        found = answer.as_numpy(f"same_{name}")
        if values.dtype != object:
            return bool(np.array_equal(found, values, equal_nan=values.dtype.kind == "f"))
        # Out of JSON the client gives text.
        return [one if isinstance(one, bytes) else one.encode() for one in found.flatten()] == list(values.flatten())

    return {name: equal(name, values) for name, values in sent.items()}


def refusal(ask):
    try:
        ask()
    except InferenceServerException as error:
        return {"type": "InferenceServerException", "status": error.status(), "message": error.message()}
    return {"type": None}


metadata = client.get_model_metadata(model)
everything = client.infer(model, list(inputs(True)), request_id="mine")
# fp16 has no form in tritonclient's JSON.
as_json = triton.InferenceServerClient(address).infer(
    model,
    [one if one.name() != "fp16" else two for one, two in zip(inputs(False), inputs(True))],
    model_version=version,
    outputs=[
        triton.InferRequestedOutput(f"same_{name}", binary_data=VALUES[name].dtype.kind == "f")
        for name in VALUES
    ],
)
wanted = client.infer(model, list(inputs(True)), outputs=[triton.InferRequestedOutput("pairs")])
futures = [client.async_infer(model, list(inputs(True))) for _ in range(4)]

print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "modelReady": [client.is_model_ready(model), client.is_model_ready(model, version)],
            "otherReady": [client.is_model_ready("other"), client.is_model_ready(model, "7")],
            "extensions": client.get_server_metadata()["extensions"],
            "metadata": {key: metadata[key] for key in ("name", "versions", "inputs", "outputs")},
            "binary": same(everything, True),
            "answer": {key: everything.get_response()[key] for key in ("model_name", "model_version", "id")},
            "json": same(as_json, False),
            "pairs": wanted.as_numpy("pairs").tolist(),
            "onlyWanted": [output["name"] for output in wanted.get_response()["outputs"]],
            "async": [same(future.get_result(), True)["bytes"] for future in futures],
            "compressed": refusal(lambda: client.infer(model, list(inputs(True)), request_compression_algorithm="gzip")),
            "refused": {
                "model": refusal(lambda: client.infer("other", list(inputs(True)))),
                "version": refusal(lambda: client.infer(model, list(inputs(True)), model_version="7")),
                "type": refusal(lambda: client.infer(model, list(inputs(True, {"fp32": np.zeros((2, 1))})))),
                "shape": refusal(lambda: client.infer(model, list(inputs(True, {"int8": np.zeros((2, 3), np.int8)})))),
                "infinite": refusal(
                    lambda: client.infer(model, list(inputs(True, {"fp32": np.full((2, 1), np.inf, np.float32)})))
                ),
            },
        }
    )
)
