"""The decoder of Moonshine as one graph: any number of new tokens behind any number of known ones.

Beside the logits it gives where in the audio each token was heard.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from streaming.speech_models.moonshine_layers import LayerBuilder, Shape, cross_shape
from streaming.speech_models.moonshine_weights import ShippedWeights
from streaming.speech_models.onnx_graph import FLOAT, INT64, MICROSOFT, GraphBuilder, rows_quantize

PARTS: Final = ("key", "value")

Heads = Sequence[tuple[int, int]]  # (layer, head)

# By the SHA-256 of the shipped decoder: base-en and tiny-en. Chosen by the error of word starts in 40 read sentences
# and 300 words of meetings; half of the words start within 0.03 to 0.05 s.
KNOWN_HEADS: Final[Mapping[str, Heads]] = {
    "370e0c1f161d68dc1c2264c1a82024fb123380da3b73f47f05531d1e8d3308c3": ((5, 5), (5, 6), (6, 1), (6, 4)),
    "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0": ((3, 2), (3, 6), (4, 3), (4, 6)),
}


def aligned_heads(sha256: str, shape: Shape) -> Heads:
    """The heads that look at the audio of the token they help to choose; `sha256` is that of the shipped decoder.

    Of a model that nobody looked at, all heads in the third quarter of its layers: their mean is a third less exact.
    """
    middle = range(shape.n_layers // 2, max(shape.n_layers // 2 + 1, shape.n_layers - 1))
    return KNOWN_HEADS.get(sha256, [(layer, head) for layer in middle for head in range(shape.n_heads)])


def decoder_write(path: Path, weights: ShippedWeights, shape: Shape, *, heads: Heads) -> None:
    """`heads`: those whose mean attention to the audio is the output `alignment`."""
    builder = _DecoderBuilder(weights, shape, heads)
    builder.add()
    builder.graph.save(path)


class _DecoderBuilder:
    def __init__(self, weights: ShippedWeights, shape: Shape, aligned_heads: Heads) -> None:
        self.graph = GraphBuilder("decoder")
        self._layers = LayerBuilder(self.graph, weights, shape)
        self._weights = weights
        self._shape = shape
        self._aligned_heads = aligned_heads
        self._aligned: list[str] = []

    def add(self) -> None:
        graph, layers = self.graph, self._layers
        stream = self._embedded(graph.input("input_ids", INT64, [1, "n_new"]))
        numbers = range(self._shape.n_layers)
        past = [self._past_input(number) for number in numbers]
        cross = [self._cross_input(number) for number in numbers]
        position = graph.node("Shape", past[0][0], start=2, end=3)
        for number in numbers:
            path = f"layers.{number}"
            normed = layers.norm(stream, f"{path}/input_layernorm")
            stream = graph.node("Add", stream, self._self_attention(normed, number, past[number], position))
            normed = layers.norm(stream, f"{path}/post_attention_layernorm")
            stream = graph.node("Add", stream, self._cross_attention(normed, number, cross[number]))
            normed = layers.norm(stream, f"{path}/final_layernorm")
            stream = graph.node("Add", stream, self._gated(normed, f"{path}/mlp"))
        output = self._weights.output_matrix()
        logits = graph.linear(layers.norm(stream, "norm"), output)
        graph.output(logits, "logits", FLOAT, [1, "n_new", output.shape[1]])
        self._alignment_add()

    def _past_input(self, number: int) -> list[str]:
        shape: list[int | str] = [1, self._shape.n_heads, "n_past", self._shape.head_dim]
        return [self.graph.input(f"past_{part}.{number}", FLOAT, shape) for part in PARTS]

    def _cross_input(self, number: int) -> list[str]:
        names = [f"cross_{part}.{number}" for part in PARTS]
        return [self.graph.input(name, FLOAT, cross_shape(name, self._shape)) for name in names]

    def _embedded(self, tokens: str) -> str:
        graph = self.graph
        rows, scale = rows_quantize(self._weights.table("embed_tokens"))
        row = graph.node("Cast", graph.node("Gather", graph.constant(rows), tokens), to=FLOAT)
        return graph.node("Mul", row, graph.node("Gather", graph.constant(scale), tokens))

    def _self_attention(self, normed: str, number: int, past: list[str], position: str) -> str:
        path = f"layers.{number}/self_attn"
        queries, keys, values = self._layers.queries_keys_values(normed, path, position)
        value, *present = self._layers.attention(queries, keys, values, "", "", "", *past, n_outputs=3, causal=True)
        shape: list[int | str] = [1, self._shape.n_heads, "n_all", self._shape.head_dim]
        for part, name in zip(present, PARTS, strict=True):
            self.graph.output(part, f"present_{name}.{number}", FLOAT, shape)
        return self._layers.attention_output(value, path)

    def _cross_attention(self, normed: str, number: int, cross: list[str]) -> str:
        """In plain operators: for one token onnxruntime's fused one costs more, and it hides the probabilities."""
        graph, (keys, values), path = self.graph, cross, f"layers.{number}/encoder_attn"
        scaled = self._weights.matrix(f"{path}/q_proj") / np.float32(self._shape.head_dim**0.5)
        split = graph.constant(np.array([1, -1, self._shape.n_heads, self._shape.head_dim]))
        queries = graph.node("Reshape", graph.linear(normed, scaled), split)
        scores = graph.node("MatMul", graph.node("Transpose", queries, perm=[0, 2, 1, 3]), keys)
        attention = graph.node("Softmax", scores, axis=-1)
        heads = [head for layer, head in self._aligned_heads if layer == number]
        if heads:
            self._aligned.append(graph.node("Gather", attention, graph.constant(np.array(heads)), axis=1))
        value = graph.node("Transpose", graph.node("MatMul", attention, values), perm=[0, 2, 1, 3])
        together = graph.node("Reshape", value, graph.constant(np.array([1, -1, self._shape.width])))
        return self._layers.attention_output(together, path)

    def _gated(self, normed: str, path: str) -> str:
        both = self._layers.dense(normed, f"{path}/fc1", f"{path}/up_proj")
        half = self._weights.vector(f"{path}/fc1/bias", f"{path}/up_proj/bias").shape[0] // 2
        value, gate = self.graph.split(both, [half, half])
        opened = self.graph.node("QuickGelu", gate, domain=MICROSOFT, alpha=1.0)  # which is SiLU
        return self._layers.dense(self.graph.node("Mul", opened, value), f"{path}/fc2", f"{path}/down_proj")

    def _alignment_add(self) -> None:
        graph = self.graph
        together = graph.node("Concat", *self._aligned, axis=1)
        mean = graph.node("ReduceMean", together, graph.constant(np.array([1])), keepdims=0)
        graph.output(mean, "alignment", FLOAT, [1, "n_new", "n_frames"])
