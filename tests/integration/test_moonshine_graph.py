"""The prepared Moonshine decoder: any number of tokens at once, a past that can be cut, and where they were heard."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import pytest

from streaming.recognizers.alignment import token_times
from streaming.recognizers.base import DecodeOptions, Float32
from streaming.recognizers.registry import recognizer_load
from streaming.speech_models.store import model_ensure
from tests.speech import sound_read

pytestmark = pytest.mark.speech

FRAME_S = 384 / 16_000
START = 1
SAME = 0.15  # relative: eight bits have one scale for all tokens that are computed together

Feed = dict[str, npt.NDArray[Any]]


class Graphs:
    def __init__(self, directory: Path) -> None:
        self._sessions = {
            name: ort.InferenceSession(str(directory / f"{name}.onnx"), providers=["CPUExecutionProvider"])
            for name in ("encoder", "decoder")
        }

    def heard(self, audio: Float32) -> Feed:
        """The encoder's part of the decoder's input, and an empty past."""
        inputs = {part.name: part.shape for part in self._sessions["decoder"].get_inputs()}
        past = {
            name: np.zeros((1, shape[1], 0, shape[3]), dtype=np.float32)
            for name, shape in inputs.items()
            if name.startswith("past_")
        }
        return self._run("encoder", {"input_values": audio[np.newaxis]}) | past

    def decode(self, feed: Feed, tokens: list[int]) -> Feed:
        return self._run("decoder", feed | {"input_ids": np.array([tokens])})

    def _run(self, name: str, feed: Feed) -> Feed:
        session = self._sessions[name]
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(None, feed), strict=True))


def past_of(given: Feed, n_tokens: int | None = None) -> Feed:
    present = {name: value for name, value in given.items() if name.startswith("present_")}
    return {name.replace("present_", "past_"): value[:, :, :n_tokens] for name, value in present.items()}


def difference(given: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> float:
    assert given.shape == wanted.shape
    return float(np.linalg.norm(given - wanted) / np.linalg.norm(wanted))


@pytest.fixture(scope="module")
def graphs(speech_cache: Path) -> Graphs:
    return Graphs(model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache).path)


@pytest.fixture(scope="module")
def beckett(speech_samples: dict[str, Path]) -> Float32:
    return sound_read(speech_samples["beckett"])


@pytest.fixture(scope="module")
def tokens(speech_cache: Path, beckett: Float32) -> list[int]:
    recognizer = recognizer_load(model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache))
    return [START, *recognizer.transcribe(beckett, DecodeOptions(language="en")).tokens]


def test_tokens_at_once_are_as_tokens_one_by_one(graphs: Graphs, beckett: Float32, tokens: list[int]) -> None:
    heard = graphs.heard(beckett)
    together = graphs.decode(heard, tokens)
    past: Feed = {}
    for place, token in enumerate(tokens):
        single = graphs.decode(heard | past, [token])
        past = past_of(single)
        assert difference(single["logits"][0, 0], together["logits"][0, place]) < SAME
        assert single["logits"].argmax() == together["logits"][0, place].argmax()
        assert difference(single["alignment"][0, 0], together["alignment"][0, place]) < 2 * SAME


def test_what_was_decoded_is_likeliest_when_it_is_given(graphs: Graphs, beckett: Float32, tokens: list[int]) -> None:
    likeliest = graphs.decode(graphs.heard(beckett), tokens)["logits"][0].argmax(axis=-1)
    assert likeliest[:-1].tolist() == tokens[1:]


def test_a_past_that_was_cut_forgets_what_came_behind(graphs: Graphs, beckett: Float32, tokens: list[int]) -> None:
    heard = graphs.heard(beckett)
    wanted = graphs.decode(heard, tokens)["logits"][0, 4:]
    astray = graphs.decode(heard, [*tokens[:4], 4_000, 5_000, 6_000])
    again = graphs.decode(heard | past_of(astray, 4), tokens[4:])["logits"][0]
    assert difference(again, wanted) < SAME


def test_a_token_does_not_see_the_ones_behind_it(graphs: Graphs, beckett: Float32, tokens: list[int]) -> None:
    heard = graphs.heard(beckett)
    short, long = (graphs.decode(heard, some)["logits"][0, :4] for some in (tokens[:4], tokens))
    assert difference(short, long) < SAME


def test_every_token_looks_at_all_of_the_audio_once(graphs: Graphs, beckett: Float32, tokens: list[int]) -> None:
    alignment = graphs.decode(graphs.heard(beckett), tokens)["alignment"]
    assert alignment.shape[:2] == (1, len(tokens))
    assert alignment.shape[2] * FRAME_S == pytest.approx(len(beckett) / 16_000, abs=0.1)
    assert alignment.sum(axis=-1) == pytest.approx(1, abs=1e-3)
    assert (alignment >= 0).all()


@pytest.mark.parametrize("n_samples", [1_600, 1_601, 1_663, 1_664, 1_983, 15_999, 16_000])
def test_audio_of_any_length_has_a_frame_for_every_384_samples(graphs: Graphs, n_samples: int) -> None:
    rng = np.random.default_rng(n_samples)
    heard = graphs.heard(rng.standard_normal(n_samples, dtype=np.float32) / np.float32(100))
    n_first = (n_samples - 127) // 64 + 1
    n_second = (n_first - 7) // 3 + 1
    assert heard["cross_value.0"].shape[2] == (n_second - 3) // 2 + 1


def test_silence_in_front_moves_the_times_of_words_by_its_length(
    graphs: Graphs, beckett: Float32, tokens: list[int]
) -> None:
    silence = np.zeros(24_000, dtype=np.float32)
    starts, moved = (
        token_times(graphs.decode(graphs.heard(audio), tokens)["alignment"][0], FRAME_S)[0]
        for audio in (beckett, np.concatenate([silence, beckett]))
    )
    assert np.median(moved - starts) == pytest.approx(1.5, abs=0.05)
    assert np.mean(np.abs(moved - starts - 1.5) < 0.25) > 0.9
