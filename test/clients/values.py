"""What every client of these tests sends, for each datatype: its edges."""

import numpy as np

VALUES = {
    "bool": np.array([[True], [False]]),
    "uint8": np.array([[0], [255]], np.uint8),
    "uint16": np.array([[0], [65535]], np.uint16),
    "uint32": np.array([[0], [2**32 - 1]], np.uint32),
    "uint64": np.array([[0], [2**64 - 1]], np.uint64),
    "int8": np.array([[-128], [127]], np.int8),
    "int16": np.array([[-(2**15)], [2**15 - 1]], np.int16),
    "int32": np.array([[-(2**31)], [2**31 - 1]], np.int32),
    "int64": np.array([[-(2**63)], [2**63 - 1]], np.int64),
    "fp16": np.array([[65504], [np.nan]], np.float16),
    "fp32": np.array([[1.5], [np.nan]], np.float32),
    "fp64": np.array([[0.1], [-1e300]], np.float64),
    "bytes": np.array([["Zürich".encode()], ["☃".encode()]], np.object_),
}
# Of a client whose answers are compared as they are: NaN is equal to nothing.
FINITE = {
    **VALUES,
    "fp16": np.array([[65504], [0.5]], np.float16),
    "fp32": np.array([[1.5], [-0.25]], np.float32),
}
