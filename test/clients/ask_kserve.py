"""Asks a server with KServe's inference client, with its defaults; tells what it saw as one JSON document.

    python ask_kserve.py <url> <model>
"""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from kserve.utils.numpy_codec import from_np_dtype

from values import FINITE

url, model = sys.argv[1:3]
# What JSON carries without a loss.
VALUES = {
    **FINITE,
    "uint64": np.array([[0], [2**53 - 1]], np.uint64),
    "int64": np.array([[-(2**53) + 1], [2**53 - 1]], np.int64),
}


def request(binary, change={}, outputs=None, binary_outputs=None):
    inputs = []
    for name, values in {**VALUES, **change}.items():
        given = InferInput(name, list(values.shape), from_np_dtype(values.dtype))
        # The client has no JSON form of half floats.
        given.set_data_from_numpy(values, binary_data=binary or name == "fp16")
        inputs.append(given)
    return InferRequest(
        model_name=model,
        infer_inputs=inputs,
        request_id="mine",
        request_outputs=outputs,
        parameters=None if binary_outputs is None else {"binary_data_output": binary_outputs},
    )


def same(answer, names=VALUES):
    found = {output.name: output for output in answer.outputs}
    def equal(name):
        got = found[f"same_{name}"].as_numpy()
        if VALUES[name].dtype != object:
            return bool(np.array_equal(got, VALUES[name]))
        return [one if isinstance(one, bytes) else one.encode() for one in got.flatten()] == list(VALUES[name].flatten())
    return {name: equal(name) for name in names}


async def refusal(ask):
    try:
        await ask()
    except Exception as error:
        return {"type": type(error).__name__, "message": str(error)}
    return {"type": None}


async def main():
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    requested = [RequestedOutput(f"same_{name}") for name in VALUES if name != "fp16"]
    infer = lambda *args, **kwargs: client.infer(url, request(*args, **kwargs), model_name=model)
    default = await infer(True, outputs=requested)
    print(
        json.dumps(
            {
                "live": await client.is_server_live(url),
                "ready": await client.is_server_ready(url),
                "modelReady": await client.is_model_ready(url, model),
                "otherReady": await client.is_model_ready(url, "other"),
                "answer": [default.model_name, default.model_version, default.id],
                "binaryIn": same(default, [name for name in VALUES if name != "fp16"]),
                "jsonIn": same(await infer(False, outputs=requested), [name for name in VALUES if name != "fp16"]),
                "binaryOut": same(await infer(True, binary_outputs=True)),
                "refused": {
                    "model": await refusal(lambda: client.infer(url, request(True), model_name="other")),
                    "type": await refusal(lambda: infer(True, {"fp32": np.zeros((2, 1))})),
                    "shape": await refusal(lambda: infer(False, {"int8": np.zeros((2, 3), np.int8)})),
                },
            }
        )
    )


asyncio.run(main())
