"""Load a model into sherpa-onnx: which of its constructors takes which kind, always on one thread of the CPU."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from streaming.recognizers.base import ModelCorrupt, ModelMissing
from streaming.speech_models.protobuf import bpe_pieces
from streaming.speech_models.sherpa_layouts import SherpaModel

HOTWORDS_SCORE: Final = 1.5  # sherpa-onnx's own default; more of it writes names where none were said
MAX_ACTIVE_PATHS: Final = 4

Arguments = dict[str, Any]
_Loader = tuple[str, Callable[[Mapping[str, str]], Arguments]]


def _all(files: Mapping[str, str]) -> Arguments:
    return dict(files)


def _one(files: Mapping[str, str]) -> Arguments:
    return {"model": files["model"], "tokens": files["tokens"]}


def _paraformer(files: Mapping[str, str]) -> Arguments:
    return {"paraformer": files["model"], "tokens": files["tokens"]}


def _nemo_transducer(files: Mapping[str, str]) -> Arguments:
    return {**files, "model_type": "nemo_transducer"}


def _sense_voice(files: Mapping[str, str]) -> Arguments:
    return {**_one(files), "use_itn": True}  # digits and punctuation


def _moonshine(files: Mapping[str, str]) -> Arguments:
    roles = {"preprocessor": "preprocess", "encoder": "encode", "tokens": "tokens"}
    decoders = {"uncached_decoder": "uncached_decode", "cached_decoder": "cached_decode"}
    return {name: files[role] for name, role in (roles | decoders).items()}


def _moonshine_ort(files: Mapping[str, str]) -> Arguments:
    names = {"encoder": "encoder_model", "decoder": "decoder_model_merged", "tokens": "tokens"}
    return {name: files[role] for name, role in names.items()}


STREAMING: Final[Mapping[str, _Loader]] = {
    "transducer": ("from_transducer", _all),
    "nemo_transducer": ("from_transducer", _all),
    "paraformer": ("from_paraformer", _all),
    "zipformer_ctc": ("from_zipformer2_ctc", _one),
    "nemo_ctc": ("from_nemo_ctc", _one),
}
WHOLE: Final[Mapping[str, _Loader]] = {
    "transducer": ("from_transducer", _all),
    "nemo_transducer": ("from_transducer", _nemo_transducer),
    "paraformer": ("from_paraformer", _paraformer),
    "zipformer_ctc": ("from_zipformer_ctc", _one),
    "nemo_ctc": ("from_nemo_ctc", _one),
    "sense_voice": ("from_sense_voice", _sense_voice),
    "whisper": ("from_whisper", _all),
    "canary": ("from_nemo_canary", _all),
    "moonshine": ("from_moonshine", _moonshine),
    "moonshine_ort": ("from_moonshine_v2", _moonshine_ort),
}


def sherpa_load(model: SherpaModel, *, language: str = "", has_hotwords: bool = False) -> Any:
    """An OnlineRecognizer or an OfflineRecognizer of sherpa-onnx. `language` is for Canary, which must be told one.

    Raises ModelMissing, ModelCorrupt. sherpa-onnx ends the process on some damaged files; its parent sees that.
    """
    try:
        import sherpa_onnx  # an optional dependency
    except ImportError as problem:
        raise ModelMissing(
            "The package sherpa-onnx, which runs this speech model, is not installed: "
            "install it into the virtual environment (pip install sherpa-onnx)."
        ) from problem
    loaders = STREAMING if model.is_streaming else WHOLE
    if model.kind not in loaders:
        raise ModelCorrupt(f"Streaming models of the kind {model.kind} are not known here.")
    name, arguments_of = loaders[model.kind]
    made_by = sherpa_onnx.OnlineRecognizer if model.is_streaming else sherpa_onnx.OfflineRecognizer
    arguments = arguments_of({role: str(path) for role, path in model.files.items()})
    with tempfile.TemporaryDirectory() as scratch:
        arguments |= {"num_threads": 1}
        if model.kind == "canary":
            arguments |= {"src_lang": language, "tgt_lang": language}
        if model.kind == "transducer" and model.is_streaming:
            arguments["temperature_scale"] = 1.0  # so that probabilities are what they say; the words stay the same
        if has_hotwords:
            arguments |= _hotwords(model, Path(scratch))
        try:
            return getattr(made_by, name)(**arguments)
        except Exception as problem:  # pybind11 and onnxruntime raise RuntimeError, ValueError, AssertionError
            where = model.files["tokens"].parent
            raise ModelCorrupt(f"{where} holds no model that sherpa-onnx can load.") from problem


def language_tell(recognizer: Any, model: SherpaModel, language: str, *, first: str) -> None:
    """What the next decodes are in, for kinds that are told; SenseVoice and transducers hear it by themselves.

    Empty: Whisper finds out, Canary takes it for `first`.
    """
    if model.kind not in ("whisper", "canary"):
        return
    config = recognizer.config
    if model.kind == "whisper":
        config.model_config.whisper.language = language
    else:
        config.model_config.canary.src_lang = config.model_config.canary.tgt_lang = language or first
    recognizer.recognizer.set_config(config)


def takes_hotwords(model: SherpaModel) -> bool:
    """Only icefall's transducers can favour words; those of pieces need the model that made the pieces."""
    return model.kind == "transducer" and (_bpe(model) is not None or _is_of_signs(model))


def is_upper_case(model: SherpaModel) -> bool:
    """Models trained on LibriSpeech write HELLO; their words are then put into small letters."""
    pieces = _pieces(model)
    return any(any("A" <= sign <= "Z" for sign in piece) for piece in pieces) and not any(
        any("a" <= sign <= "z" for sign in piece) for piece in pieces if not piece.startswith("<")
    )


def _hotwords(model: SherpaModel, scratch: Path) -> Arguments:
    given: Arguments = {
        "decoding_method": "modified_beam_search",
        "max_active_paths": MAX_ACTIVE_PATHS,
        "hotwords_score": HOTWORDS_SCORE,
    }
    if (bpe := _bpe(model)) is None:
        return {**given, "modeling_unit": "cjkchar"}
    if bpe.suffix == ".model":
        vocabulary = "".join(f"{piece}\t{score:g}\n" for piece, score in bpe_pieces(bpe))
        bpe = scratch / "bpe.vocab"  # read while loading, and not again
        bpe.write_text(vocabulary, encoding="utf-8")
    unit = "cjkchar+bpe" if _is_of_signs(model) else "bpe"
    return {**given, "modeling_unit": unit, "bpe_vocab": str(bpe)}


def _bpe(model: SherpaModel) -> Path | None:
    directory = model.files["tokens"].parent
    places = (directory / "bpe.vocab", directory / "bpe.model")
    return next((place for place in places if place.is_file()), None)


def _pieces(model: SherpaModel) -> list[str]:
    lines = model.files["tokens"].read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.split()[0] for line in lines if line.split()]


def _is_of_signs(model: SherpaModel) -> bool:
    pieces = _pieces(model)
    return sum(len(piece) == 1 and "\u3040" <= piece <= "\u9fff" for piece in pieces) > len(pieces) / 4
