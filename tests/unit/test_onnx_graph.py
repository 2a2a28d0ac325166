"""Graphs that we write compute what they say, in eight bits that never saturate."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from onnx import TensorProto, helper, numpy_helper

from streaming.recognizers.base import Float32, ModelCorrupt
from streaming.speech_models.moonshine_layers import shape_of
from streaming.speech_models.moonshine_weights import ShippedWeights
from streaming.speech_models.onnx_graph import FLOAT, GraphBuilder, columns_quantize, rows_quantize

WEIGHTS = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 9), st.integers(1, 5)), elements=st.floats(-9, 9, width=32)
)


def linear_run(path: Path, value: Float32, weight: Float32, bias: Float32 | None) -> Float32:
    graph = GraphBuilder("linear")
    given = graph.input("value", FLOAT, ["n", len(weight)])
    graph.output(graph.linear(given, weight, bias), "product", FLOAT, ["n", weight.shape[1]])
    graph.save(path)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"value": value})[0], dtype=np.float32)


@given(WEIGHTS)
def test_quantised_columns_are_as_near_as_half_a_step(weight: Float32) -> None:
    quantized, scale = columns_quantize(weight)
    assert (np.abs(quantized * scale - weight) <= scale * 0.501).all()


@given(WEIGHTS)
def test_two_neighbours_in_a_column_never_make_sixteen_bits_saturate(weight: Float32) -> None:
    quantized = columns_quantize(weight)[0].astype(int)
    for first, second in zip(quantized[0::2], quantized[1::2], strict=False):
        for column in range(len(first)):
            loudest = 255 * max(first[column], 0) + 255 * max(second[column], 0)
            lowest = 255 * min(first[column], 0) + 255 * min(second[column], 0)
            assert lowest >= -32_768
            assert loudest <= 32_767


@given(WEIGHTS)
def test_quantised_rows_are_as_near_as_half_a_step(table: Float32) -> None:
    quantized, scale = rows_quantize(table)
    assert (np.abs(quantized * scale - table) <= scale * 0.501).all()


@pytest.mark.parametrize("with_bias", [True, False])
def test_a_linear_layer_of_extreme_values_is_exact_to_eight_bits(tmp_path: Path, with_bias: bool) -> None:
    rng = np.random.default_rng(1)
    weight = rng.choice([-1.0, 0.9, 1.0], (64, 16)).astype(np.float32)
    value = rng.choice([-1.0, 1.0], (3, 64)).astype(np.float32)
    bias = rng.standard_normal(16, dtype=np.float32) if with_bias else None
    wanted = value @ weight + (0 if bias is None else bias)
    assert linear_run(tmp_path / "linear.onnx", value, weight, bias) == pytest.approx(wanted, abs=0.6)


def test_rows_of_any_loudness_are_equally_exact(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    weight, bias = rng.standard_normal((64, 8), dtype=np.float32), np.zeros(8, dtype=np.float32)
    value = rng.standard_normal((2, 64), dtype=np.float32) * np.array([[1], [1e-4]], dtype=np.float32)
    graph = GraphBuilder("rows")
    names = graph.input("value", FLOAT, ["n", 64]), graph.input("loudest", FLOAT, ["n", 1])
    graph.output(graph.rows_linear(*names, weight, bias), "product", FLOAT, ["n", 8])
    graph.save(tmp_path / "rows.onnx")
    session = ort.InferenceSession(str(tmp_path / "rows.onnx"), providers=["CPUExecutionProvider"])
    (product,) = session.run(None, {"value": value, "loudest": np.abs(value).max(axis=1, keepdims=True)})
    error = np.abs(product - value @ weight).max(axis=1) / np.abs(value @ weight).max(axis=1)
    assert (error < 0.02).all()


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A graph of another kind of model, which has one product in common with Moonshine."""
    weight = numpy_helper.from_array(np.ones((6, 6), dtype=np.float32), "weight")
    node = helper.make_node("MatMul", ["x", "weight"], ["y"], name="/layers.0/self_attn/q_proj/MatMul")
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 6]) for name in "xy"]
    onnx.save(
        helper.make_model(helper.make_graph([node], "other", ends[:1], ends[1:], [weight])), tmp_path / "other.onnx"
    )
    return tmp_path / "other.onnx"


def test_a_model_that_lacks_a_part_is_refused_by_its_name(foreign: Path) -> None:
    weights = ShippedWeights(foreign)
    assert weights.matrix("layers.0/self_attn/q_proj").shape == (6, 6)
    for missing in (weights.matrix, weights.vector, weights.kernel, weights.table, weights.channels):
        with pytest.raises(ModelCorrupt, match=r"layers\.0/mlp/fc1"):
            missing("layers.0/mlp/fc1")


def test_a_model_whose_heads_do_not_fit_is_refused(foreign: Path) -> None:
    weights = ShippedWeights(foreign)
    assert shape_of(weights, n_heads=2, head_dim=3).n_layers == 1
    with pytest.raises(ModelCorrupt, match="heads"):
        shape_of(weights, n_heads=2, head_dim=4)
