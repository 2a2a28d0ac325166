"""Make Moonshine fast: from the shipped ORT files to folded, int8 ONNX models for prefill and step.

The shipped files keep weights as int8 with a scale and expand them at every call, and hold both halves of the decoder
in one `If`. Prepared, a decode costs a seventh, at the same word error rate. Run as a process of its own
(`python -m streaming.speech_models.preparation SOURCE TARGET`), because it needs a gigabyte for a quarter of a minute:
one line `DONE TOTAL` on standard output for each step.
"""

import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import onnx
import onnxruntime as ort
from onnxruntime.quantization import QuantType, quantize_dynamic

QUANTIZED_OPERATORS: Final = ("MatMul", "Gemm", "Gather")
PARTS: Final = ("encoder", "prefill", "step")
N_STEPS: Final = 2 + 2 * len(PARTS)


def moonshine_prepare(source: Path, target: Path) -> Iterator[int]:
    """`source` holds encoder_model.ort and decoder_model_merged.ort; yields the number of finished steps."""
    work = target / "work"
    work.mkdir()
    _ort_to_onnx(source / "encoder_model.ort", work / "encoder.onnx")
    yield 1
    _ort_to_onnx(source / "decoder_model_merged.ort", work / "decoder.onnx")
    _decoder_split(work)
    yield 2
    for number, part in enumerate(PARTS):
        _constants_fold(work / f"{part}.onnx", work / f"{part}.folded.onnx")
        yield 3 + 2 * number
        quantize_dynamic(
            work / f"{part}.folded.onnx",
            target / f"{part}.onnx",
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=list(QUANTIZED_OPERATORS),
        )
        yield 4 + 2 * number
    shutil.rmtree(work)


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


def _decoder_split(work: Path) -> None:
    """The decoder is one `If` on `use_cache_branch`: with a cache it is a step, without one a prefill."""
    decoder = onnx.load(str(work / "decoder.onnx"))
    (choice,) = (node for node in decoder.graph.node if node.op_type == "If")
    branches = {attribute.name: attribute.g for attribute in choice.attribute}
    for part, name in (("step", "then_branch"), ("prefill", "else_branch")):
        _branch_save(decoder, branches[name], part, work / f"{part}.onnx")


def _branch_save(decoder: onnx.ModelProto, branch: onnx.GraphProto, name: str, target: Path) -> None:
    """The nodes around the `If` (they expand the shared weights) go into both halves."""
    outer = decoder.graph
    graph = onnx.GraphProto(name=name)  # branches come back from ORT without a name, which ONNX forbids
    graph.initializer.extend([*outer.initializer, *branch.initializer])
    graph.node.extend([node for node in outer.node if node.op_type != "If"])
    graph.node.extend(branch.node)
    used = {wanted for node in graph.node for wanted in node.input}
    graph.input.extend([wanted for wanted in outer.input if wanted.name in used])
    graph.output.extend(branch.output)
    model = onnx.ModelProto(ir_version=decoder.ir_version, graph=graph)
    model.opset_import.extend(decoder.opset_import)
    onnx.save(model, str(target))


def main() -> int:
    logging.disable(logging.WARNING)  # the quantiser advises what was already done
    source, target = (Path(argument) for argument in sys.argv[1:3])
    for n_done in moonshine_prepare(source, target):
        sys.stdout.write(f"{n_done} {N_STEPS}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
