"""A few fields are read out of large files without loading them."""

from pathlib import Path

import onnx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from streaming.recognizers.base import ModelCorrupt
from streaming.speech_models.protobuf import bpe_pieces, onnx_metadata
from tests.tone_model import PIECES, bpe_model


def test_metadata_are_those_that_onnx_wrote(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [value])
    model = helper.make_model(graph, producer_name="somebody")
    said = {"model_type": "zipformer2", "T": "45", "comment": "é" * 300}
    helper.set_model_props(model, said)
    onnx.save(model, str(tmp_path / "model.onnx"))
    assert onnx_metadata(tmp_path / "model.onnx") == said


def test_pieces_and_scores_are_read(tmp_path: Path) -> None:
    (tmp_path / "bpe.model").write_bytes(bpe_model())
    assert bpe_pieces(tmp_path / "bpe.model") == [(piece, -float(number)) for number, piece in enumerate(PIECES)]


@given(st.binary(max_size=200))
@example(b"\x0a\x02\x08\x80")  # a message within the file that is cut off
@example(b"\x72\x02\x08\x80")
def test_no_bytes_make_anything_but_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("p") / "model.onnx"
    path.write_bytes(data)
    for read in (onnx_metadata, bpe_pieces):
        try:
            read(path)
        except ModelCorrupt:
            pass


def test_a_file_that_is_cut_off_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "bpe.model").write_bytes(bpe_model()[:-3])
    with pytest.raises(ModelCorrupt, match="cut off"):
        bpe_pieces(tmp_path / "bpe.model")
