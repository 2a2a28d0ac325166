"""The encoder of Moonshine as one graph, which ends in the keys and values that the decoder attends to."""

from pathlib import Path
from typing import Final

import numpy as np

from streaming.recognizers.base import Float32
from streaming.speech_models.moonshine_layers import NORM_EPSILON, LayerBuilder, Shape, cross_shape
from streaming.speech_models.moonshine_weights import ShippedWeights
from streaming.speech_models.onnx_graph import FLOAT, MICROSOFT, GraphBuilder

FIRST_STRIDE: Final = 64
STRIDES: Final = (3, 2)  # of the second and third convolution
LEAST: Final = 1e-6  # nothing is divided by less


def encoder_write(path: Path, weights: ShippedWeights, shape: Shape, *, decoder: ShippedWeights, cross: Shape) -> None:
    """`decoder`, `cross`: weights and shape of the decoder that will look at what this one heard."""
    builder = _EncoderBuilder(weights, shape)
    builder.add()
    builder.cross_add(decoder, cross)
    builder.graph.save(path)


class _EncoderBuilder:
    def __init__(self, weights: ShippedWeights, shape: Shape) -> None:
        self.graph = GraphBuilder("encoder")
        self._layers = LayerBuilder(self.graph, weights, shape)
        self._weights = weights
        self._shape = shape
        self._encoded = ""

    def add(self) -> None:
        graph, layers = self.graph, self._layers
        samples = graph.input("input_values", FLOAT, [1, "n_samples"])
        stream = self._frames(samples)
        start = graph.constant(np.array([0]))
        for number in range(self._shape.n_layers):
            path = f"layers.{number}"
            normed = layers.norm(stream, f"{path}/input_layernorm")
            (value,) = layers.attention(*layers.queries_keys_values(normed, f"{path}/self_attn", start))
            stream = graph.node("Add", stream, layers.attention_output(value, f"{path}/self_attn"))
            normed = layers.norm(stream, f"{path}/post_attention_layernorm")
            inner = graph.node("FastGelu", layers.dense(normed, f"{path}/mlp/fc1"), domain=MICROSOFT)
            stream = graph.node("Add", stream, layers.dense(inner, f"{path}/mlp/fc2"))
        self._encoded = layers.norm(stream, "layer_norm")

    def cross_add(self, weights: ShippedWeights, shape: Shape) -> None:
        """Keys and values of all layers in one product, then a part of its own for each head."""
        graph, layers = self.graph, range(shape.n_layers)
        matrices = [weights.matrix(f"layers.{number}/encoder_attn/{part}_proj") for part in "kv" for number in layers]
        together = graph.linear(self._encoded, np.concatenate(matrices, axis=1))
        halves = graph.split(together, [shape.n_layers * shape.width] * 2)
        split = graph.constant(np.array([1, -1, shape.n_layers * shape.n_heads, shape.head_dim]))
        sizes = graph.constant(np.full(shape.n_layers, shape.n_heads))
        for name, half, order in zip(("cross_key", "cross_value"), halves, ([0, 2, 3, 1], [0, 2, 1, 3]), strict=True):
            heads = graph.node("Transpose", graph.node("Reshape", half, split), perm=order)
            parts = graph.nodes("Split", heads, sizes, n_outputs=shape.n_layers, axis=1)
            for number, part in enumerate(parts):
                graph.output(part, f"{name}.{number}", FLOAT, cross_shape(name, shape))

    def _frames(self, samples: str) -> str:
        """Three convolutions, each a product with windows laid side by side: (1, frames, width)."""
        graph = self.graph
        first = graph.node("Tanh", self._first(samples))
        flat = graph.node("Reshape", first, graph.constant(np.array([1, 1, -1])))
        one, zero = (graph.constant(np.array([number], dtype=np.float32)) for number in (1, 0))
        even = graph.node("InstanceNormalization", flat, one, zero, epsilon=NORM_EPSILON)
        kernel = self._weights.kernel("conv2")
        scale, offset = (self._weights.channels(f"groupnorm/{part}") for part in ("Mul", "Add"))
        # The scale and the offset of the norm go into the convolution behind it, which pads nothing.
        bias = self._weights.vector("conv2/bias") + (kernel * offset[:, np.newaxis]).sum(axis=(1, 2))
        rows = graph.node("Reshape", even, graph.constant(np.array([-1, kernel.shape[1]])))
        second = self._convolution(rows, kernel * scale[:, np.newaxis], bias, STRIDES[0])
        third = self._convolution(second, self._weights.kernel("conv3"), self._weights.vector("conv3/bias"), STRIDES[1])
        return graph.node("Unsqueeze", third, graph.constant(np.array([0])))

    def _first(self, samples: str) -> str:
        """A window is two neighbouring blocks of one stride but for the last sample."""
        graph = self.graph
        kernel = self._weights.kernel("conv1")[:, 0].T
        matrix = np.concatenate([kernel, np.zeros((2 * FIRST_STRIDE - len(kernel), kernel.shape[1]), np.float32)])
        numbers = [graph.constant(np.array([number])) for number in (0, 1, -1, FIRST_STRIDE)]
        zero, one, last, stride = numbers
        padded = graph.node("Pad", samples, graph.constant(np.array([0, 0, 0, 1])))
        n_blocks = graph.node("Div", graph.node("Shape", padded, start=1, end=2), stride)
        whole = graph.node("Slice", padded, zero, graph.node("Mul", n_blocks, stride), one)
        blocks = graph.node("Reshape", whole, graph.constant(np.array([-1, FIRST_STRIDE])))
        end = graph.constant(np.array([np.iinfo(np.int64).max]))
        pairs = [graph.node("Slice", blocks, zero, last, zero), graph.node("Slice", blocks, one, end, zero)]
        return graph.node("MatMul", graph.node("Concat", *pairs, axis=1), graph.constant(matrix))

    def _convolution(self, rows: str, kernel: Float32, bias: Float32, stride: int) -> str:
        """`rows` (n, channels) to GELU of the convolution, (m, channels); FastGelu differs from GELU by 0.0005."""
        graph = self.graph
        n_outputs, n_inputs, width = kernel.shape
        n_rows = graph.node("Shape", rows, start=0, end=1)
        usable = graph.node("Sub", n_rows, graph.constant(np.array([width - stride])))
        n_windows = graph.node("Squeeze", graph.node("Div", usable, graph.constant(np.array([stride]))))
        numbers = graph.node("Range", graph.constant(np.int64(0)), n_windows, graph.constant(np.int64(1)))
        starts = graph.node("Mul", numbers, graph.constant(np.array([stride])))
        column = graph.node("Unsqueeze", starts, graph.constant(np.array([1])))
        windows = graph.node("Add", column, graph.constant(np.arange(width)))
        flat = graph.constant(np.array([-1, width * n_inputs]))
        window = graph.node("Reshape", graph.node("Gather", rows, windows), flat)
        matrix = kernel.transpose(2, 1, 0).reshape(width * n_inputs, n_outputs)
        product = graph.rows_linear(window, self._loudest(rows, windows), matrix, bias)
        return graph.node("FastGelu", product, domain=MICROSOFT)

    def _loudest(self, rows: str, windows: str) -> str:
        graph = self.graph
        axis, least = graph.constant(np.array([1])), graph.constant(np.float32(LEAST))
        of_rows = graph.node("ReduceMax", graph.node("Abs", rows), axis, keepdims=0)
        of_windows = graph.node("ReduceMax", graph.node("Gather", of_rows, windows), axis, keepdims=1)
        return graph.node("Max", of_windows, least)
