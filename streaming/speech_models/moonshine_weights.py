"""Read the weights of a Moonshine model out of its shipped graphs, whichever of their forms they have."""

from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, numpy_helper

from streaming.recognizers.base import Float32, ModelCorrupt

# Where a node that multiplies takes its matrix, and for one in eight bits its scale and zero point.
MATRIX_PLACES = {"MatMul": (1,), "DynamicQuantizeMatMul": (1, 2, 3), "MatMulIntegerToFloat": (1, 3, 5)}


class ShippedWeights:
    """A part of a model has a path ("layers.0/mlp/fc1"), and another one in the files of another exporter.

    All methods raise ModelCorrupt when there is no such part.
    """

    def __init__(self, path: Path, *, prefix: str = "") -> None:
        """`path`: a graph whose constants are folded; `prefix`: of all paths in it ("model/decoder/")."""
        graph = onnx.load(str(path)).graph
        self._prefix = prefix
        self._tensors = {tensor.name: tensor for tensor in graph.initializer}
        self._nodes = {node.name.removeprefix("/").removesuffix("_quant"): node for node in graph.node}
        self._consumers = {value: node for node in graph.node for value in node.input}

    def matrix(self, *paths: str) -> Float32:
        """(k, n), as in x @ matrix."""
        node = self._node([f"{self._prefix}{path}/MatMul" for path in paths])
        return self._floats(*(node.input[place] for place in MATRIX_PLACES.get(node.op_type, (1,))))

    def output_matrix(self) -> Float32:
        node = self._node(["proj_out/MatMul"])
        return self._floats(*(node.input[place] for place in MATRIX_PLACES.get(node.op_type, (1,))))

    def table(self, path: str) -> Float32:
        """(rows, width), as in a look-up."""
        node = self._node([f"{self._prefix}{path}/Gather"])
        following = self._consumers.get(node.output[0])
        if following is not None and following.op_type == "DequantizeLinear":
            return self._floats(node.input[0], *following.input[1:])
        return self._floats(node.input[0])

    def kernel(self, path: str) -> Float32:
        """Of a convolution: (output channels, input channels, width)."""
        return self._floats(self._node([f"{self._prefix}{path}/Conv"]).input[1])

    def channels(self, path: str) -> Float32:
        """The vector that an elementwise node takes."""
        given = [value for value in self._node([f"{self._prefix}{path}"]).input if value in self._tensors]
        return self._floats(*given[:1]).ravel()

    def vector(self, *paths: str) -> Float32:
        """Exporters lengthen the names of what several graphs share."""
        for path in paths:
            stem = f"{self._prefix}{path}".replace("/", ".")
            for name in (stem, f"{stem}_merged_0"):
                if name in self._tensors:
                    return self._floats(name)
        raise _missing(paths[0])

    def has(self, path: str) -> bool:
        return f"{self._prefix}{path}/MatMul" in self._nodes

    def _node(self, names: list[str]) -> NodeProto:
        for name in names:
            if name in self._nodes:
                return self._nodes[name]
        raise _missing(names[0])

    def _floats(self, *names: str) -> Float32:
        """A tensor; in eight bits when its scale and zero point follow."""
        if not names or any(name not in self._tensors for name in names):
            raise _missing(names[0] if names else "")
        value, *quantization = (numpy_helper.to_array(self._tensors[name]) for name in names)
        floats: Float32 = value.astype(np.float32)
        if not quantization:
            return floats
        scale, zero = quantization[0], quantization[1] if len(quantization) > 1 else 0
        return np.asarray((floats - np.asarray(zero, dtype=np.float32)) * scale, dtype=np.float32)


def _missing(path: str) -> ModelCorrupt:
    return ModelCorrupt(f"The files are no Moonshine model: {path} is missing or of another kind.")
