"""Asks a node with KServe's inference client over gRPC, with its defaults; tells what it saw as one JSON document.

    python ask_kserve_grpc.py <host:port> <model of every datatype>
"""

import asyncio
import json
import logging
import sys

import grpc
import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest
from kserve.utils.numpy_codec import from_np_dtype

from values import FINITE as VALUES

address, model = sys.argv[1:3]
logging.disable(logging.CRITICAL)


def arrays(change={}):
    inputs = []
    for name, values in {**VALUES, **change}.items():
        given = InferInput(name, list(values.shape), from_np_dtype(values.dtype))
        given.set_data_from_numpy(values)
        inputs.append(given)
    return InferRequest(model_name=model, infer_inputs=inputs, request_id="mine")


def lists(name="late", parameters=None):
    """Values in lists, which the client sends typed."""
    rows = {
        "hour": ("FP32", [7.3, 8.5]),
        "distance": ("INT64", [100, 200]),
        "origin": ("BYTES", ["a", "b"]),
        "tail": ("BYTES", ["a", "a"]),
    }
    inputs = [InferInput(key, [2, 1], datatype, data) for key, (datatype, data) in rows.items()]
    return InferRequest(model_name=name, infer_inputs=inputs, parameters=parameters)


def same(answer):
    found = {output.name: output for output in answer.outputs}

    def equal(name, values):
        got = found[f"same_{name}"].as_numpy()
        if values.dtype != object:
            return bool(np.array_equal(got, values))
        return [one if isinstance(one, bytes) else one.encode() for one in got.flatten()] == list(values.flatten())

    return {name: equal(name, values) for name, values in VALUES.items()}


async def refusal(ask):
    try:
        await ask()
    except grpc.RpcError as error:
        return {"type": "RpcError", "code": error.code().name, "message": error.details()}
    return {"type": None}


async def main():
    client = InferenceGRPCClient(address)
    raw = await client.infer(arrays())
    typed = await client.infer(lists(parameters={"event_time": 983779200000, "synthetic": True}))
    refused = {
        "model": await refusal(lambda: client.infer(lists("other"))),
        "ready": await refusal(lambda: client.is_model_ready("other")),
        "type": await refusal(lambda: client.infer(arrays({"fp32": np.zeros((2, 1))}))),
        "shape": await refusal(lambda: client.infer(arrays({"int8": np.zeros((2, 3), np.int8)}))),
    }
    print(
        json.dumps(
            {
                "live": await client.is_server_live(),
                "ready": await client.is_server_ready(),
                "modelReady": await client.is_model_ready(model),
                "answer": [raw.model_name, raw.model_version, raw.id],
                "raw": same(raw),
                "typed": typed.outputs[0].as_numpy().flatten().tolist(),
                "refused": refused,
            }
        )
    )
    await client.close()


asyncio.run(main())
