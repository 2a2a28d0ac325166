"""Prove that the graphs that were written compute what the shipped ones do."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from streaming.recognizers.base import SAMPLE_RATE_HZ, Float32, ModelCorrupt
from streaming.speech_models.moonshine_layers import Shape

TOKENS: Final = (1, 500, 600, 700)
MAX_DIFFERENCE: Final = 0.4  # relative; eight bits make 0.05 to 0.15, another architecture 1 and more

Feed = dict[str, npt.NDArray[Any]]


def prepared_check(shipped: Path, prepared: Path, shape: Shape) -> None:
    """`shipped` holds encoder.folded.onnx and decoder.folded.onnx. Raises ModelCorrupt."""
    rng = np.random.default_rng(0)
    envelope = np.sin(np.linspace(0, 9, 2 * SAMPLE_RATE_HZ)) ** 2 / 10
    audio = (rng.standard_normal(2 * SAMPLE_RATE_HZ) * envelope).astype(np.float32)[np.newaxis]
    feed: Feed = {"input_ids": np.array([TOKENS]), "input_values": audio}
    wanted = _shipped_logits(shipped, feed)
    empty = np.zeros((1, shape.n_heads, 0, shape.head_dim), dtype=np.float32)
    past = {f"past_{part}.{number}": empty for part in ("key", "value") for number in range(shape.n_layers)}
    given = _run(prepared / "decoder.onnx", feed | past | _run(prepared / "encoder.onnx", feed))["logits"]
    difference = (
        float(np.linalg.norm(given - wanted) / np.linalg.norm(wanted)) if given.shape == wanted.shape else np.inf
    )
    if not difference < MAX_DIFFERENCE:
        raise ModelCorrupt(
            "The files are no Moonshine model of a kind that is known here: prepared, it says something else."
        )


def _shipped_logits(directory: Path, feed: Feed) -> Float32:
    mask = np.ones(feed["input_values"].shape, dtype=np.int64)  # of samples, in both
    states = _run(directory / "encoder.folded.onnx", feed | {"attention_mask": mask})["last_hidden_state"]
    masked = feed | {"encoder_hidden_states": states, "encoder_attention_mask": mask}
    return np.asarray(_run(directory / "decoder.folded.onnx", masked)["logits"], dtype=np.float32)


def _run(path: Path, feed: Feed) -> Feed:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    given = {wanted.name: feed[wanted.name] for wanted in session.get_inputs()}
    return dict(zip(names, session.run(None, given), strict=True))
