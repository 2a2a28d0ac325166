"""What encoder and decoder of Moonshine have in common: their shape, norms, attention to themselves."""

from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np

from streaming.recognizers.base import ModelCorrupt
from streaming.speech_models.moonshine_weights import ShippedWeights
from streaming.speech_models.onnx_graph import MICROSOFT, GraphBuilder

NORM_EPSILON: Final = 1e-5
ROTARY_DIMS: Final = 32  # of each head: the first ones
ROTARY_BASE: Final = 10_000.0
MAX_POSITIONS: Final = 4_096  # 98 s of audio; no utterance comes near


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    n_layers: int
    n_heads: int
    head_dim: int

    @property
    def width(self) -> int:
        return self.n_heads * self.head_dim


def shape_of(weights: ShippedWeights, *, n_heads: int, head_dim: int) -> Shape:
    """Raises ModelCorrupt."""
    n_layers = next(number for number in count() if not weights.has(f"layers.{number}/self_attn/q_proj"))
    if not n_layers or weights.matrix("layers.0/self_attn/q_proj").shape[1] != n_heads * head_dim:
        raise ModelCorrupt("The files are no Moonshine model of a kind that is known here: its heads do not fit.")
    return Shape(n_layers=n_layers, n_heads=n_heads, head_dim=head_dim)


def cross_shape(name: str, shape: Shape) -> list[int | str]:
    """Of what the encoder hands to the decoder: keys come transposed, as the product with the queries wants them."""
    if name.startswith("cross_key"):
        return [1, shape.n_heads, shape.head_dim, "n_frames"]
    return [1, shape.n_heads, "n_frames", shape.head_dim]


class LayerBuilder:
    """Adds the parts of layers to a graph. The stream of values is (1, n, width)."""

    def __init__(self, graph: GraphBuilder, weights: ShippedWeights, shape: Shape) -> None:
        self.graph = graph
        self.weights = weights
        self.shape = shape
        angles = np.outer(np.arange(MAX_POSITIONS), ROTARY_BASE ** (-np.arange(0, ROTARY_DIMS, 2) / ROTARY_DIMS))
        self._rotary = [graph.constant(part.astype(np.float32)) for part in (np.cos(angles), np.sin(angles))]
        self._ones_and_zeros: list[str] = []

    def norm(self, stream: str, path: str) -> str:
        """Each position to mean 0 and variance 1, times a weight.

        As the norm of an instance whose channels are the positions: that one is vectorised in onnxruntime, its
        LayerNormalization takes eight times as long.
        """
        if not self._ones_and_zeros:
            n_positions = self.graph.node("Shape", stream, start=1, end=2)
            self._ones_and_zeros = [self.graph.filled(n_positions, number) for number in (1.0, 0.0)]
        even = self.graph.node("InstanceNormalization", stream, *self._ones_and_zeros, epsilon=NORM_EPSILON)
        # Multiplying the weights behind with this instead would spare a node and double the error of eight bits.
        return self.graph.node("Mul", even, self.graph.constant(self.weights.vector(f"{path}/weight")))

    def queries_keys_values(self, normed: str, path: str, position: str) -> list[str]:
        """Queries and keys turned by their position; each (1, n, width)."""
        parts = [self.weights.matrix(f"{path}/{part}_proj") for part in "qkv"]
        together = self.graph.linear(normed, np.concatenate(parts, axis=1))
        queries, keys, values = self.graph.split(together, [self.shape.width] * 3)
        return [self._turned(queries, position), self._turned(keys, position), values]

    def attention(self, *inputs: str, n_outputs: int = 1, causal: bool = False) -> list[str]:
        """The value first, then the keys and values that become the past."""
        sizes = {"num_heads": self.shape.n_heads, "unidirectional": int(causal)}
        return self.graph.nodes("MultiHeadAttention", *inputs, n_outputs=n_outputs, domain=MICROSOFT, **sizes)

    def attention_output(self, value: str, path: str) -> str:
        return self.graph.linear(value, self.weights.matrix(f"{path}/dense", f"{path}/o_proj"))

    def dense(self, value: str, *paths: str) -> str:
        bias = self.weights.vector(*(f"{path}/bias" for path in paths))
        return self.graph.linear(value, self.weights.matrix(*paths), bias)

    def _turned(self, value: str, position: str) -> str:
        sizes = {"interleaved": 1, "num_heads": self.shape.n_heads, "rotary_embedding_dim": ROTARY_DIMS}
        return self.graph.node("RotaryEmbedding", value, position, *self._rotary, domain=MICROSOFT, **sizes)
