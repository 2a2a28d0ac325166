"""Released models are recognized by their file names and by what their files say of themselves."""

from pathlib import Path

import pytest

from streaming.recognizers.base import ModelCorrupt
from streaming.speech_models.layouts import layout_of
from streaming.speech_models.sherpa_layouts import (
    languages_of_name,
    languages_parse,
    sherpa_files,
    sherpa_model,
    sherpa_names,
)

ZIPFORMER = [
    "README.md",
    "bpe.model",
    "decoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx",
    "decoder-epoch-99-avg-1-chunk-16-left-128.onnx",
    "encoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx",
    "encoder-epoch-99-avg-1-chunk-16-left-128.onnx",
    "joiner-epoch-99-avg-1-chunk-16-left-128.int8.onnx",
    "joiner-epoch-99-avg-1-chunk-16-left-128.onnx",
    "tokens.txt",
]


def onnx_write(path: Path, **metadata: str) -> None:
    """The least of an ONNX file: a graph that nobody reads, and metadata behind it."""
    data = b"\x08\x08" + b"\x3a\x80\x01" + bytes(128)
    for key, value in metadata.items():
        pair = b"".join(bytes([tag, len(text.encode())]) + text.encode() for tag, text in ((0x0A, key), (0x12, value)))
        data += bytes([0x72, len(pair)]) + pair
    path.write_bytes(data)


def test_of_a_zipformer_encoder_and_joiner_are_int8_and_the_decoder_is_not() -> None:
    export = "epoch-99-avg-1-chunk-16-left-128"
    assert sherpa_files(ZIPFORMER) == (
        "transducer",
        {
            "encoder": f"encoder-{export}.int8.onnx",
            "decoder": f"decoder-{export}.onnx",
            "joiner": f"joiner-{export}.int8.onnx",
            "tokens": "tokens.txt",
        },
    )
    # this layout is known
    assert set(sherpa_names(ZIPFORMER)) == {*sherpa_files(ZIPFORMER)[1].values(), "bpe.model"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["encoder.int8.onnx", "decoder.int8.onnx", "joiner.int8.onnx", "tokens.txt"], "transducer"),
        (["encoder.int8.onnx", "decoder.int8.onnx", "tokens.txt"], "encoder_decoder"),
        (["tiny.en-encoder.onnx", "tiny.en-decoder.onnx", "tiny.en-tokens.txt"], "encoder_decoder"),
        (["model.int8.onnx", "tokens.txt"], "single"),
        (["ctc-epoch-20-avg-1-chunk-16-left-128.int8.onnx", "tokens.txt"], "single"),
        (
            ["preprocess.onnx", "encode.onnx", "uncached_decode.int8.onnx", "cached_decode.int8.onnx", "tokens.txt"],
            "moonshine",
        ),
        (["encoder_model.ort", "decoder_model_merged.ort", "tokens.txt"], "moonshine_ort"),
    ],
)  # fmt: skip
def test_released_layouts_are_recognized(names: list[str], layout: str) -> None:
    found = sherpa_files(names)
    assert found is not None
    assert found[0] == layout
    assert set(found[1].values()) == set(names)
    assert layout_of(names) == "sherpa"


@pytest.mark.parametrize(
    "names", [[], ["tokens.txt"], ["encoder.onnx", "decoder.onnx", "joiner.onnx"], ["model.bin", "tokens.txt"]]
)
def test_other_files_are_no_model(names: list[str]) -> None:
    assert sherpa_files(names) is None
    assert sherpa_names(names) == ()
    assert layout_of(names) is None


def test_files_of_moonshine_as_its_own_project_ships_them_stay_moonshine() -> None:
    names = ["encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin", "tokens.txt"]
    assert layout_of(names) == "moonshine_shipped"


def test_parts_of_two_exports_are_not_mixed() -> None:
    names = [f"{part}-epoch-{epoch}-avg-1.onnx" for part in ("encoder", "decoder", "joiner") for epoch in ("99", "30")]
    found = sherpa_files([*names, "tokens.txt", "encoder-epoch-99-avg-1.int8.onnx"])
    assert found is not None
    assert found[1]["encoder"] == "encoder-epoch-99-avg-1.int8.onnx"
    assert found[1]["decoder"] == "decoder-epoch-99-avg-1.onnx"
    assert found[1]["joiner"] == "joiner-epoch-99-avg-1.onnx"


def test_weights_beside_a_large_model_are_kept_with_it() -> None:
    names = ["encoder.onnx", "encoder.weights", "decoder.onnx", "joiner.onnx", "tokens.txt", "test.wav"]
    assert set(sherpa_names(names)) == set(names) - {"test.wav"}


@pytest.mark.parametrize(
    ("names", "metadata", "kind", "is_streaming"),
    [
        ("encoder decoder joiner", {"model_type": "zipformer2", "decode_chunk_len": "32"}, "transducer", True),
        ("encoder decoder joiner", {"model_type": "zipformer2"}, "transducer", False),
        ("encoder decoder joiner", {"model_type": "lstm", "decode_chunk_len": "4"}, "transducer", True),
        ("encoder decoder joiner", {"model_type": "EncDecRNNTBPEModel"}, "nemo_transducer", False),
        (
            "encoder decoder joiner",
            {"normalize_type": "", "cache_last_channel_dim1": "17"},
            "nemo_transducer",
            True,
        ),
        ("encoder decoder", {"model_type": "whisper-tiny.en"}, "whisper", False),
        ("encoder decoder", {"model_type": "EncDecMultiTaskModel"}, "canary", False),
        ("encoder decoder", {"model_type": "paraformer"}, "paraformer", True),
        ("model", {"model_type": "paraformer"}, "paraformer", False),
        ("model", {"model_type": "sense_voice_ctc"}, "sense_voice", False),
        ("model", {"model_type": "zipformer2", "decode_chunk_len": "32"}, "zipformer_ctc", True),
        ("model", {"model_type": "zipformer2_ctc"}, "zipformer_ctc", False),
        ("model", {"model_type": "EncDecCTCModelBPE"}, "nemo_ctc", False),
    ],
)
def test_metadata_tell_what_a_model_is(
    tmp_path: Path, names: str, metadata: dict[str, str], kind: str, is_streaming: bool
) -> None:
    for name in names.split():
        onnx_write(tmp_path / f"{name}.onnx", **metadata)
    (tmp_path / "tokens.txt").write_text("<blk> 0\n")
    model = sherpa_model(tmp_path)
    assert (model.kind, model.is_streaming) == (kind, is_streaming)


@pytest.mark.parametrize("metadata", [{}, {"model_type": "tts"}])
def test_a_model_that_is_no_recognizer_is_named(tmp_path: Path, metadata: dict[str, str]) -> None:
    onnx_write(tmp_path / "model.onnx", **metadata)
    (tmp_path / "tokens.txt").write_text("<blk> 0\n")
    with pytest.raises(ModelCorrupt, match=r"model\.onnx is a model of a kind that is not known here"):
        sherpa_model(tmp_path)


@pytest.mark.parametrize("data", [b"version https://git-lfs.github.com/spec/v1\n", b"\x3a\xff\xff", b"\xff" * 20])
def test_a_file_that_is_no_model_is_an_error_and_no_crash(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(data)
    (tmp_path / "tokens.txt").write_text("<blk> 0\n")
    with pytest.raises(ModelCorrupt, match=r"model\.onnx"):
        sherpa_model(tmp_path)


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("sherpa-onnx-streaming-zipformer-en-2023-06-26", ("en",)),
        ("sherpa-onnx-streaming-zipformer-bilingual-zh-en-2023-02-20", ("zh", "en")),
        ("sherpa-onnx-whisper-tiny.en", ("en",)),
        ("sherpa-onnx-nemo-streaming-fast-conformer-transducer-en-480ms-int8", ("en",)),
        ("sherpa-onnx-nemo-parakeet-tdt-0.6b-v2-int8", ("en",)),
        ("sherpa-onnx-sense-voice-zh-en-ja-ko-yue-2024-07-17", ("zh", "en", "ja", "ko", "yue")),
        ("my-own-model", ()),
    ],
)
def test_languages_are_read_from_the_name(name: str, languages: tuple[str, ...]) -> None:
    assert languages_of_name(name) == languages


def test_the_third_parakeet_knows_the_languages_of_europe() -> None:
    languages = languages_of_name("sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8")
    assert {"en", "de", "uk"} < set(languages)
    assert len(languages) == 25


def test_what_the_operator_says_goes_before_the_name(tmp_path: Path) -> None:
    directory = tmp_path / "zipformer-en"
    directory.mkdir()
    onnx_write(directory / "model.onnx", model_type="zipformer2_ctc")
    (directory / "tokens.txt").write_text("<blk> 0\n")
    assert sherpa_model(directory).languages == ("en",)
    (directory / "languages.txt").write_text("de, fr\nit\n")
    assert sherpa_model(directory).languages == ("de", "fr", "it")


def test_a_whisper_model_lists_its_languages_itself(tmp_path: Path) -> None:
    said = {"model_type": "whisper-tiny", "is_multilingual": "1", "all_language_codes": "en,zh,de"}
    onnx_write(tmp_path / "tiny-encoder.onnx", **said)
    onnx_write(tmp_path / "tiny-decoder.onnx")
    (tmp_path / "tiny-tokens.txt").write_text("x 0\n")
    assert sherpa_model(tmp_path).languages == ("en", "zh", "de")


@pytest.mark.parametrize(
    ("said", "languages"), [("", ()), ("*", ("*",)), ("en", ("en",)), (" EN\nde,de ", ("en", "de"))]
)
def test_language_lists_may_be_written_in_any_way(said: str, languages: tuple[str, ...]) -> None:
    assert languages_parse(said) == languages
