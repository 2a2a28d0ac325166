"""Make Moonshine fast: from the shipped ORT files to graphs of our own, with the same weights in eight bits.

The shipped files expand their weights at every call, hold both halves of the decoder in one `If`, and spend most of a
decoding step in a thousand tiny nodes. Run as a process of its own (`python -m streaming.speech_models.preparation
SOURCE TARGET`), because it needs most of a gigabyte for some seconds: one line `DONE TOTAL` on standard output for each
step. When it fails, the last line on standard error says why.
"""

import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import onnx
import onnxruntime as ort

from streaming.recognizers.base import ModelCorrupt
from streaming.speech_models.moonshine_check import prepared_check
from streaming.speech_models.moonshine_decoder import aligned_heads, decoder_write
from streaming.speech_models.moonshine_encoder import encoder_write
from streaming.speech_models.moonshine_layers import shape_of
from streaming.speech_models.moonshine_weights import ShippedWeights
from streaming.speech_models.prepared import file_sha256

ENCODER: Final = "encoder_model.ort"
DECODER: Final = "decoder_model_merged.ort"
DECODER_PREFIX: Final = "model/decoder/"
CACHE: Final = "past_key_values.0.decoder.key"
N_STEPS: Final = 5


def moonshine_prepare(source: Path, target: Path) -> Iterator[int]:
    """`source` holds ENCODER and DECODER; yields the number of finished steps. Raises ModelCorrupt."""
    work = target / "work"
    work.mkdir()
    _ort_to_onnx(source / ENCODER, work / "encoder.onnx")
    _constants_fold(work / "encoder.onnx", work / "encoder.folded.onnx")
    yield 1
    _ort_to_onnx(source / DECODER, work / "decoder.onnx")
    n_heads, head_dim = _prefill_save(work / "decoder.onnx", work / "prefill.onnx")
    _constants_fold(work / "prefill.onnx", work / "decoder.folded.onnx")
    yield 2
    encoder = ShippedWeights(work / "encoder.folded.onnx")
    decoder = ShippedWeights(work / "decoder.folded.onnx", prefix=DECODER_PREFIX)
    encoder_shape, shape = (shape_of(part, n_heads=n_heads, head_dim=head_dim) for part in (encoder, decoder))
    encoder_write(target / "encoder.onnx", encoder, encoder_shape, decoder=decoder, cross=shape)
    yield 3
    heads = aligned_heads(file_sha256(source / DECODER), shape)
    decoder_write(target / "decoder.onnx", decoder, shape, heads=heads)
    yield 4
    del encoder, decoder
    prepared_check(work, target, shape)
    shutil.rmtree(work)
    yield 5


def _ort_to_onnx(source: Path, target: Path) -> None:
    options = _options(ort.GraphOptimizationLevel.ORT_DISABLE_ALL, target)
    options.add_session_config_entry("session.load_model_format", "ORT")
    options.add_session_config_entry("session.save_model_format", "ONNX")
    ort.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def _constants_fold(source: Path, target: Path) -> None:
    options = _options(ort.GraphOptimizationLevel.ORT_ENABLE_BASIC, target)
    ort.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def _options(level: ort.GraphOptimizationLevel, target: Path) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    options.optimized_model_filepath = str(target)
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return options


def _prefill_save(source: Path, target: Path) -> tuple[int, int]:
    """The decoder is one `If` on `use_cache_branch`: the half without a cache holds all weights.

    Returns the number of heads and their width, which only the cache shows.
    """
    decoder = onnx.load(str(source))
    outer = decoder.graph
    choices = [node for node in outer.node if node.op_type == "If"]
    branches = {attribute.name: attribute.g for choice in choices for attribute in choice.attribute}
    if len(choices) != 1 or "else_branch" not in branches:
        raise ModelCorrupt("The decoder is none of Moonshine's: it has no half without a cache.")
    sizes = {value.name: value.type.tensor_type.shape.dim for value in outer.input}
    if len(sizes.get(CACHE, ())) != 4:
        raise ModelCorrupt("The decoder is none of Moonshine's: it has no cache.")
    prefill = branches["else_branch"]
    graph = onnx.GraphProto(name="prefill")  # branches come back from ORT without a name, which ONNX forbids
    graph.initializer.extend([*outer.initializer, *prefill.initializer])
    graph.node.extend([node for node in outer.node if node.op_type != "If"])  # they expand the shared weights
    graph.node.extend(prefill.node)
    used = {wanted for node in graph.node for wanted in node.input}
    graph.input.extend([wanted for wanted in outer.input if wanted.name in used])
    graph.output.extend(prefill.output)
    model = onnx.ModelProto(ir_version=decoder.ir_version, graph=graph)
    model.opset_import.extend(decoder.opset_import)
    onnx.save(model, str(target))
    return sizes[CACHE][1].dim_value, sizes[CACHE][3].dim_value


def main() -> int:
    logging.disable(logging.WARNING)
    source, target = (Path(argument) for argument in sys.argv[1:3])
    try:
        for n_done in moonshine_prepare(source, target):
            sys.stdout.write(f"{n_done} {N_STEPS}\n")
            sys.stdout.flush()
    except ModelCorrupt as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
