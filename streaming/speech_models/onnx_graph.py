"""Write ONNX graphs by hand: nodes in the order in which they run, and matrices in eight bits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from streaming.recognizers.base import Float32

OPSET: Final = 18
IR_VERSION: Final = 9
MICROSOFT: Final = "com.microsoft"  # the domain of onnxruntime's own fused operators
FLOAT: Final = int(TensorProto.FLOAT)
INT64: Final = int(TensorProto.INT64)
LEAST_APART: Final = 4_096  # bytes of a matrix that is worth a place beside the graph
MAX_SHARED: Final = 16  # constants of no more numbers are kept once

# One instruction of processors without VNNI adds two products of a byte and a signed byte in 16 bits, and saturates: if
# two neighbouring weights add up to no more than this, it never does.
MAX_QUANTIZED: Final = 127


def columns_quantize(weight: Float32) -> tuple[npt.NDArray[np.int8], Float32]:
    """`weight` (k, n) as int8 and the scale of each of its n columns."""
    n_rows, n_columns = weight.shape
    padded = np.concatenate([weight, np.zeros((n_rows % 2, n_columns), dtype=np.float32)])
    pairs = np.abs(padded.reshape(-1, 2, n_columns).sum(axis=1)).max(axis=0)
    scale = np.maximum(np.abs(weight).max(axis=0), pairs) / np.float32(MAX_QUANTIZED)
    scale[scale == 0] = 1
    return np.round(weight / scale).astype(np.int8), scale.astype(np.float32)


def rows_quantize(table: Float32) -> tuple[npt.NDArray[np.int8], Float32]:
    """A table for look-ups as int8, and the scale of each row, (rows, 1)."""
    scale = np.abs(table).max(axis=1, keepdims=True) / np.float32(MAX_QUANTIZED)
    scale[scale == 0] = 1
    return np.round(table / scale).astype(np.int8), scale.astype(np.float32)


class GraphBuilder:
    """Every method returns the name of a value, which is what the next node takes."""

    def __init__(self, name: str) -> None:
        self._graph = onnx.GraphProto(name=name)
        self._constants: dict[str, str] = {}
        self._n_names = 0

    def input(self, name: str, element: int, shape: Sequence[int | str]) -> str:
        self._graph.input.append(helper.make_tensor_value_info(name, element, shape))
        return name

    def output(self, value: str, name: str, element: int, shape: Sequence[int | str]) -> None:
        """`value` becomes the output `name`."""
        for node in self._graph.node:
            node.input[:] = [name if wanted == value else wanted for wanted in node.input]
            node.output[:] = [name if given == value else given for given in node.output]
        self._graph.output.append(helper.make_tensor_value_info(name, element, shape))

    def constant(self, value: npt.ArrayLike) -> str:
        array = np.asarray(value)
        key = f"{array.dtype} {array.tolist()}" if array.size <= MAX_SHARED else self._name("matrix")
        if key not in self._constants:
            self._constants[key] = self._name("constant")
            self._graph.initializer.append(numpy_helper.from_array(array, self._constants[key]))
        return self._constants[key]

    def filled(self, shape: str, number: float) -> str:
        value = numpy_helper.from_array(np.array([number], dtype=np.float32))
        return self.node("ConstantOfShape", shape, value=value)

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        return self.nodes(operator, *inputs, n_outputs=1, domain=domain, **attributes)[0]

    def nodes(self, operator: str, *inputs: str, n_outputs: int, domain: str = "", **attributes: Any) -> list[str]:
        """An empty string stands for an input that is not given."""
        names = [self._name(operator) for _ in range(n_outputs)]
        self._graph.node.append(helper.make_node(operator, inputs, names, domain=domain, **attributes))
        return names

    def split(self, value: str, sizes: Sequence[int]) -> list[str]:
        """Along the last axis."""
        return self.nodes("Split", value, self.constant(np.array(sizes)), n_outputs=len(sizes), axis=-1)

    def linear(self, value: str, weight: Float32, bias: Float32 | None = None) -> str:
        """`value` (…, k) @ `weight` (k, n) + `bias`, in eight bits; one scale for all of `value`."""
        quantized, scale = columns_quantize(weight)
        zeros = np.zeros(len(scale), dtype=np.int8)
        inputs = [value, *(self.constant(part) for part in (quantized, scale, zeros))]
        if bias is not None:
            inputs.append(self.constant(bias))
        return self.node("DynamicQuantizeMatMul", *inputs, domain=MICROSOFT)

    def rows_linear(self, value: str, loudest: str, weight: Float32, bias: Float32) -> str:
        """As `linear`, with a scale for each row of `value` (m, k): what is silent in it may matter as what is loud.

        `loudest` (m, 1) holds the largest absolute value of each row.
        """
        scaled = self.linear(self.node("Div", value, loudest), weight)
        return self.node("Add", self.node("Mul", scaled, loudest), self.constant(bias))

    def save(self, path: Path) -> None:
        """The graph as `path`, its matrices beside it as `.weights`.

        Of a file of their own onnxruntime maps what it needs as it stands, so all processes share it; what it packs for
        its own products each has for itself.
        """
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(self._graph, opset_imports=opsets, ir_version=IR_VERSION)
        weights = path.with_suffix(".weights")
        weights.unlink(missing_ok=True)  # it would be written behind what is there
        onnx.save(model, path, save_as_external_data=True, location=weights.name, size_threshold=LEAST_APART)
        if weights.exists():
            weights.chmod(path.stat().st_mode)

    def _name(self, stem: str) -> str:
        self._n_names += 1
        return f"{stem}_{self._n_names}"
