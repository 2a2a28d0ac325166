"""A streaming transducer that hears tones: four bands are four pieces of words. No released model comes in a package,
so tests make this one, a few kilobytes with the files, the metadata and the states of a streaming zipformer.

What it hears depends on its state (a quarter of the last frame of the chunk before), and what it writes on what it
wrote (never the same piece twice in a row), so that a lost or wrong state shows.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from streaming.recognizers.base import SAMPLE_RATE_HZ, Float32

PIECES: Final = ("<blk>", "<sos/eos>", "<unk>", "▁LOW", "▁MID", "▁HIGH", "EST")
TONES_HZ: Final = {"LOW": 250, "MID": 900, "HIGH": 2_200, "EST": 4_500}
CHUNK_FRAMES, SHIFT_FRAMES, SUBSAMPLING, N_MEL = 45, 32, 4, 80
N_PIECES: Final = len(PIECES)
SILENCE: Final = -4.0  # of log energy: louder bands are words
STATE: Final = (1, 128, 3, 19)
NAME: Final = "sherpa-onnx-streaming-tones-en"

_METADATA: Final = {
    "model_type": "zipformer2",
    "version": "1",
    "T": str(CHUNK_FRAMES),
    "decode_chunk_len": str(SHIFT_FRAMES),
    "encoder_dims": "4",
    "query_head_dims": "1",
    "value_head_dims": "1",
    "num_heads": "1",
    "num_encoder_layers": "1",
    "cnn_module_kernels": "3",
    "left_context_len": "1",
}


def tone_model_write(directory: Path) -> Path:
    """`directory` filled with the model, named as released ones are."""
    directory.mkdir(parents=True, exist_ok=True)
    export = "epoch-99-avg-1-chunk-16-left-128"
    onnx.save(_encoder(), str(directory / f"encoder-{export}.onnx"))
    onnx.save(_decoder(), str(directory / f"decoder-{export}.onnx"))
    onnx.save(_joiner(), str(directory / f"joiner-{export}.onnx"))
    tokens = "".join(f"{piece} {number}\n" for number, piece in enumerate(PIECES))
    (directory / "tokens.txt").write_text(tokens, encoding="utf-8")
    (directory / "bpe.model").write_bytes(bpe_model())
    return directory


def tones(spoken: Sequence[tuple[str, float]], *, level: float = 0.3, gap_s: float = 0.1) -> Float32:
    """Each tone for so many seconds; `""` is silence, and names joined by `+` sound together, the first one loudest."""
    parts = [np.zeros(int(gap_s * SAMPLE_RATE_HZ), dtype=np.float32)]
    for names, seconds in spoken:
        n = np.arange(int(seconds * SAMPLE_RATE_HZ))
        sound = np.zeros(len(n))
        for number, name in enumerate(names.split("+") if names else ()):
            sound += level * 0.9**number * np.sin(2 * np.pi * TONES_HZ[name] * n / SAMPLE_RATE_HZ)
        parts += [sound.astype(np.float32), parts[0]]
    return np.concatenate(parts)


def bpe_model() -> bytes:
    """A sentencepiece file of the pieces: fields 1 (piece) and 2 (score) in field 1 each."""
    data = b""
    for number, piece in enumerate(PIECES):
        text = piece.encode()
        body = b"\x0a" + bytes([len(text)]) + text + b"\x15" + np.float32(-number).tobytes()
        data += b"\x0a" + bytes([len(body)]) + body
    return data


def _bands() -> Float32:
    """Mel bins to pieces: the mean of five bins around each tone."""
    low, high = _mel(20), _mel(SAMPLE_RATE_HZ / 2 - 400)
    weights = np.zeros((N_MEL, N_PIECES), dtype=np.float32)
    for number, hz in enumerate(TONES_HZ.values()):
        middle = round((_mel(hz) - low) / (high - low) * (N_MEL + 1)) - 1
        weights[middle - 2 : middle + 3, 3 + number] = 0.2
    return weights


def _mel(hz: float) -> float:
    return 1127 * math.log(1 + hz / 700)


def _encoder() -> Any:
    shapes = [(1, 1, 1), (1, 1, 1, 3), (1, 1, 1), (1, 1, 1), (1, 4, 1), (1, 4, 1)]
    names = [
        "cached_key_0",
        "cached_nonlin_attn_0",
        "cached_val1_0",
        "cached_val2_0",
        "cached_conv1_0",
        "cached_conv2_0",
    ]
    n_state = int(np.prod(STATE))
    bias = np.full(N_PIECES, -50, dtype=np.float32)
    bias[0], bias[3:] = SILENCE, 0
    constants = {
        "first": np.array([0]), "shift": np.array([SHIFT_FRAMES]), "time": np.array([1]),
        "pieces": np.array([N_PIECES]),
        "frames": np.array([1, SHIFT_FRAMES // SUBSAMPLING, SUBSAMPLING, N_MEL]), "bands": _bands(), "bias": bias,
        "old": np.float32(0.25), "new": np.float32(0.75), "last": np.array([-1]), "end": np.array([1 << 30]),
        "flat": np.array([1, n_state]), "row": np.array([1, 1, N_PIECES]), "state": np.array(STATE),
        "pad": np.array([0, 0, 0, n_state - N_PIECES]), "one": np.array([1, N_PIECES]),
    }  # fmt: skip
    node = helper.make_node
    nodes = [
        node("Slice", ["x", "first", "shift", "time"], ["heard"]),
        node("Reshape", ["heard", "frames"], ["grouped"]),
        node("ReduceMean", ["grouped"], ["mean"], axes=[2], keepdims=0),
        node("MatMul", ["mean", "bands"], ["levels"]),
        node("Reshape", ["embed_states", "flat"], ["remembered_all"]),
        node("Slice", ["remembered_all", "first", "pieces", "time"], ["remembered_flat"]),
        node("Reshape", ["remembered_flat", "row"], ["remembered"]),
        node("Mul", ["levels", "new"], ["fresh"]),
        node("Mul", ["remembered", "old"], ["stale"]),
        node("Add", ["fresh", "stale"], ["mixed"]),
        node("Add", ["mixed", "bias"], ["encoder_out"]),
        node("Slice", ["levels", "last", "end", "time"], ["last_frame"]),
        node("Reshape", ["last_frame", "one"], ["last_flat"]),
        node("Pad", ["last_flat", "pad"], ["padded"]),
        node("Reshape", ["padded", "state"], ["new_embed_states"]),
        node("Add", ["processed_lens", "shift"], ["new_processed_lens"]),
        *(node("Identity", [name], [f"new_{name}"]) for name in names),
    ]
    f, i = TensorProto.FLOAT, TensorProto.INT64
    value = helper.make_tensor_value_info
    states = [(name, f, shape) for name, shape in zip(names, shapes, strict=True)]
    states += [("embed_states", f, STATE), ("processed_lens", i, (1,))]
    inputs = [value("x", f, [1, CHUNK_FRAMES, N_MEL]), *(value(*state) for state in states)]
    outputs = [value("encoder_out", f, [1, SHIFT_FRAMES // SUBSAMPLING, N_PIECES])]
    outputs += [value(f"new_{name}", kind, shape) for name, kind, shape in states]
    return _model(nodes, inputs, outputs, constants, _METADATA)


def _decoder() -> Any:
    """What was written last cannot be written again."""
    table = np.zeros((N_PIECES, N_PIECES), dtype=np.float32)
    for piece in range(3, N_PIECES):
        table[piece, piece] = -40
    nodes = [
        helper.make_node("Gather", ["y", "newest"], ["last"], axis=1),
        helper.make_node("Gather", ["table", "last"], ["decoder_out"], axis=0),
    ]
    value = helper.make_tensor_value_info
    constants = {"newest": np.array(1), "table": table}
    inputs = [value("y", TensorProto.INT64, ["N", 2])]
    outputs = [value("decoder_out", TensorProto.FLOAT, ["N", N_PIECES])]
    return _model(nodes, inputs, outputs, constants, {"vocab_size": str(N_PIECES), "context_size": "2"})


def _joiner() -> Any:
    value = helper.make_tensor_value_info
    inputs = [value(name, TensorProto.FLOAT, ["N", N_PIECES]) for name in ("encoder_out", "decoder_out")]
    nodes = [helper.make_node("Add", ["encoder_out", "decoder_out"], ["logit"])]
    outputs = [value("logit", TensorProto.FLOAT, ["N", N_PIECES])]
    return _model(nodes, inputs, outputs, {}, {"joiner_dim": str(N_PIECES)})


def _model(nodes: Any, inputs: Any, outputs: Any, constants: dict[str, Any], metadata: dict[str, str]) -> Any:
    initializers = [numpy_helper.from_array(np.asarray(data), name) for name, data in constants.items()]
    graph = helper.make_graph(nodes, "tones", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    return model
