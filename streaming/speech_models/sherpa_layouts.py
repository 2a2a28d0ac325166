"""Tell which of the models that sherpa-onnx runs the files of a directory are, and which languages it knows.

Released models differ in their file names (`encoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx`, `encoder.int8.onnx`,
`tiny.en-encoder.int8.onnx`), so files are found by pattern. What they are is read from the metadata inside them.
Where a model comes in several precisions, int8 is taken: that is what a CPU is quick with.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streaming.recognizers.base import ModelCorrupt
from streaming.speech_models.protobuf import onnx_metadata

LANGUAGES_NAME: Final = "languages.txt"
BESIDE: Final = ("bpe.model", "bpe.vocab", LANGUAGES_NAME)
WEIGHTS_ENDS: Final = (".weights", ".data")  # of models above 2 GB

# Sets of roles, the most demanding first.
ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "moonshine_ort": ("encoder_model.ort", "decoder_model_merged.ort"),
    "moonshine": ("preprocess", "encode", "uncached_decode", "cached_decode"),
    "transducer": ("encoder", "decoder", "joiner"),
    "encoder_decoder": ("encoder", "decoder"),
    "single": ("model",),
}
PATTERNS: Final[Mapping[str, str]] = {"model": "(?:model|ctc)"}
KEPT_IN_FLOAT: Final = {("transducer", "decoder")}  # tiny, and int8 would cost accuracy for nothing

# Languages of models whose names do not tell them.
FAMILIES: Final[Mapping[str, str]] = {
    r"parakeet-tdt[-\w.]*-v3": "bg cs da de el en es et fi fr hr hu it lt lv mt nl pl pt ro ru sk sl sv uk",
    r"parakeet": "en",
    r"canary-180m": "en de es fr",
    r"canary-1b-v2": "bg cs da de el en es et fi fr hr hu it lt lv mt nl pl pt ro ru sk sl sv uk",
    r"sense-voice": "zh en ja ko yue",
}
_CODES: Final = (
    "ar bg bn ca cs da de el en es et eu fa fi fr he hi hr hu id it ja ka ko lt lv mt ms nl no pl pt ro ru sk sl sr sv "
    "ta te th tr uk ur vi yue zh"
)
CODES: Final = frozenset(_CODES.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class SherpaModel:
    """`files` by role, with `tokens` among them. `chunk_frames`: of 10 ms, what a streaming model hears at a time."""

    kind: str
    is_streaming: bool
    files: Mapping[str, Path]
    chunk_frames: int
    languages: tuple[str, ...]


def sherpa_files(names: Iterable[str]) -> tuple[str, dict[str, str]] | None:
    """(key of ROLES, file name by role) of the model among the file names of one directory; None: there is none."""
    present = sorted(names)
    tokens = next((name for name in present if re.fullmatch(r"(?:.+-)?tokens\.txt", name)), None)
    if tokens is None:
        return None
    for layout, roles in ROLES.items():
        chosen: dict[str, str] = {}
        for role in roles:
            # Where a directory holds two exports of a model, the parts of one belong together.
            like = next(iter(chosen.values()), "")
            if (name := _best(layout, role, present, like=like)) is not None:
                chosen[role] = name
        if len(chosen) == len(roles):
            return layout, chosen | {"tokens": tokens}
    return None


def sherpa_names(names: Collection[str]) -> tuple[str, ...]:
    """Everything of a model that must be kept together; empty: there is none."""
    found = sherpa_files(names)
    if found is None:
        return ()
    beside = [name for name in sorted(names) if name in BESIDE or name.endswith(WEIGHTS_ENDS)]
    return (*found[1].values(), *beside)


def sherpa_model(directory: Path, *, name: str = "") -> SherpaModel:
    """Raises ModelCorrupt. `name` is what languages are looked for in; by default the directory's."""
    try:
        found = sherpa_files(path.name for path in directory.iterdir() if path.is_file() and path.stat().st_size)
    except OSError as problem:
        raise ModelCorrupt(f"The speech model in {directory} cannot be read ({problem.strerror}).") from problem
    if found is None:
        raise ModelCorrupt(f"{directory} holds no speech model of a kind that is known here.")
    layout, names = found
    files = {role.partition(".")[0]: directory / file for role, file in names.items()}
    if layout.startswith("moonshine"):
        kind, is_streaming, metadata = layout, False, {}
    else:
        main = files.get("encoder") or files["model"]
        metadata = onnx_metadata(main)
        kind, is_streaming = _kind(layout, metadata, main)
    return SherpaModel(
        kind=kind,
        is_streaming=is_streaming,
        files=files,
        chunk_frames=_whole(metadata.get("T") or metadata.get("window_size")),
        languages=_languages(directory, name or directory.resolve().name, metadata),
    )


def _best(layout: str, role: str, present: list[str], *, like: str) -> str | None:
    if role.endswith(".ort"):
        return role if role in present else None
    pattern = rf"(?:.+-)?{PATTERNS.get(role, role)}(?:[-.].*)?\.onnx"
    candidates = [name for name in present if re.fullmatch(pattern, name)]
    is_float_better = (layout, role) in KEPT_IN_FLOAT

    def rank(name: str) -> tuple[bool, bool, bool, int, str]:
        is_int8 = ".int8." in name or "-int8." in name
        return _export(name) != _export(like), ".fp16." in name, is_int8 == is_float_better, len(name), name

    return min(candidates, key=rank, default=None)


def _export(name: str) -> str:
    return re.sub(r"(encoder|decoder|joiner)|[.-](int8|fp16|onnx)", "", name)


def _kind(layout: str, metadata: Mapping[str, str], path: Path) -> tuple[str, bool]:
    """The name of the loader in `recognizers/sherpa_loading.py`, and whether it hears as it goes."""
    model_type = metadata.get("model_type", "")
    is_nemo = model_type.startswith("EncDec") or "normalize_type" in metadata
    is_streaming = "decode_chunk_len" in metadata or "cache_last_channel_dim1" in metadata
    match layout:
        case "transducer":
            return "nemo_transducer" if is_nemo else "transducer", is_streaming
        case "single" if model_type.startswith("sense_voice") or "lang_auto" in metadata:
            return "sense_voice", False
        case "single" if model_type == "paraformer":
            return "paraformer", False
        case "single" if is_nemo:
            return "nemo_ctc", is_streaming
        case "single" if model_type.startswith("zipformer"):
            return "zipformer_ctc", is_streaming
        case "encoder_decoder" if model_type.startswith("whisper"):
            return "whisper", False
        case "encoder_decoder" if model_type == "EncDecMultiTaskModel":
            return "canary", False
        case "encoder_decoder" if model_type == "paraformer":
            return "paraformer", True
    said = f"model_type {model_type!r}" if model_type else "no model_type"
    raise ModelCorrupt(f"{path} is a model of a kind that is not known here: its metadata says {said}.")


def _languages(directory: Path, name: str, metadata: Mapping[str, str]) -> tuple[str, ...]:
    """What `languages.txt` says; else the model's own list; else what its name says. Raises ModelCorrupt."""
    try:
        said = (directory / LANGUAGES_NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        said = metadata.get("all_language_codes", "") if metadata.get("is_multilingual", "0") == "1" else ""
    except (OSError, ValueError) as problem:
        raise ModelCorrupt(f"{directory / LANGUAGES_NAME} cannot be read.") from problem
    return languages_parse(said) or languages_of_name(name)


def languages_parse(said: str) -> tuple[str, ...]:
    """Codes separated by spaces, commas or lines; `*`: it finds out by itself."""
    return tuple(dict.fromkeys(re.findall(r"[a-z]{2,3}\b|\*", said.lower())))


def languages_of_name(name: str) -> tuple[str, ...]:
    """`sherpa-onnx-streaming-zipformer-bilingual-zh-en-2023-02-20` knows zh and en. Empty: it does not say."""
    for family, languages in FAMILIES.items():
        if re.search(family, name.lower()):
            return tuple(languages.split())
    return tuple(dict.fromkeys(part for part in re.split(r"[-_.]", name.lower()) if part in CODES))


def _whole(said: str | None) -> int:
    return int(said) if said and said.isdecimal() else 0
