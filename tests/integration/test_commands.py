"""`speak`, `transcribe` and `api_token` as a newcomer and a careless one would use them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import webvtt
from whisper_normalizer.english import EnglishTextNormalizer

from tests.nodes import ROOT, NodeProcess, node_environment
from tests.sockets import Api

normalize = EnglishTextNormalizer()


def run(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def speak(node: NodeProcess, code: str, name: str, *more: str) -> subprocess.CompletedProcess[str]:
    return run("speak", "--url", node.url, "--meeting", code, "--name", name, *more, environment=node.environment)


def test_speak_prints_what_was_said_under_the_name_and_ends_well(
    running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    link = Api(running_node.url).meeting()["join_url"]
    spoken = speak(running_node, link, "Ada", "--speed", "0", str(speech_samples["beckett"]))
    assert spoken.returncode == 0, spoken.stderr
    lines = [line for line in spoken.stdout.splitlines() if "  Ada: " in line]
    assert "ever tried ever failed" in normalize(" ".join(line.partition("  Ada: ")[2] for line in lines))


def test_speak_takes_any_rate_and_several_files(running_node: NodeProcess, speech_samples: dict[str, Path]) -> None:
    code = Api(running_node.url).meeting()["code"]
    files = [str(speech_samples["two_cities"]), str(speech_samples["beckett"])]
    spoken = speak(running_node, code, "Ben", "--speed", "0", "--json", *files)
    assert spoken.returncode == 0, spoken.stderr
    messages = [json.loads(line) for line in spoken.stdout.splitlines()]
    said = normalize(
        " ".join(each["segment"]["text"] for each in messages if each["type"] == "segment" and each["seq"])
    )
    assert "it was the best of times" in said
    assert "ever tried ever failed" in said
    assert messages[-1]["type"] == "ended"
    assert messages[-1]["gap"] == 0


@pytest.mark.parametrize(
    ("code", "file", "sentence"),
    [
        ("", "README.md", "cannot be read as audio"),
        ("", "no-such-file.wav", "is not a file"),
        ("nope-nope-nope", "", "no such meeting"),
    ],
)
def test_a_mistake_in_speak_is_one_sentence(
    running_node: NodeProcess, speech_samples: dict[str, Path], code: str, file: str, sentence: str
) -> None:
    code = code or Api(running_node.url).meeting()["code"]
    spoken = speak(running_node, code, "Ada", file or str(speech_samples["beckett"]))
    assert spoken.returncode == 1
    assert sentence in spoken.stderr.lower()
    assert len(spoken.stderr.strip().splitlines()) == 1


def test_speak_says_which_language_it_speaks(running_node: NodeProcess, shared_testdata: Path) -> None:
    code = Api(running_node.url).meeting()["code"]
    recording = str(shared_testdata / "languages" / "pv_cheetah_de.flac")
    spoken = speak(running_node, code, "Ana", "--speed", "0", "--json", "--language", "de-AT", recording)
    assert spoken.returncode == 0, spoken.stderr
    messages = [json.loads(line) for line in spoken.stdout.splitlines()]
    finals = [each["segment"] for each in messages if each["type"] == "segment" and each["seq"]]
    assert {each["language"] for each in finals if each["text"]} == {"de-AT"}


def test_speak_says_that_a_language_is_none(running_node: NodeProcess, speech_samples: dict[str, Path]) -> None:
    code = Api(running_node.url).meeting()["code"]
    spoken = speak(running_node, code, "Ana", "--language", "Klingon!", str(speech_samples["beckett"]))
    assert (spoken.returncode, spoken.stdout) == (1, "")
    assert "language" in spoken.stderr.lower()
    assert len(spoken.stderr.strip().splitlines()) == 1


def test_speak_says_when_nobody_answers(running_node: NodeProcess, speech_samples: dict[str, Path]) -> None:
    arguments = ["--url", "http://127.0.0.1:9", "--meeting", "x", "--name", "Ada", str(speech_samples["beckett"])]
    spoken = run("speak", *arguments, environment=running_node.environment)
    assert (spoken.returncode, spoken.stdout) == (1, "")
    assert "does not answer" in spoken.stderr


def test_transcribe_needs_no_server_and_names_each_speaker_after_the_file(
    tmp_path: Path, speech_cache: Path, speech_samples: dict[str, Path]
) -> None:
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache)
    done = run("transcribe", *map(str, speech_samples.values()), "--format", "vtt", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    captions = webvtt.from_string(done.stdout)
    said = {voice: normalize(" ".join(c.text for c in captions if c.voice == voice)) for voice in speech_samples}
    assert "ever tried ever failed" in said["beckett"]
    assert "it was the best of times" in said["two_cities"]
    assert [each.start_in_seconds for each in captions] == sorted(each.start_in_seconds for each in captions)


def test_a_language_that_the_model_does_not_know_is_one_sentence(
    tmp_path: Path, speech_cache: Path, speech_samples: dict[str, Path]
) -> None:
    """Not an empty transcript, as if nothing had been said."""
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, SPEECH_MODEL="moonshine-base-en")
    done = run("transcribe", str(speech_samples["beckett"]), "--language", "de", environment=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert "None of the speech models (moonshine-base-en) knows the language de." in done.stderr
    assert "Traceback" not in done.stderr


def test_api_token_prints_the_token_alone(running_node: NodeProcess) -> None:
    printed = running_node.manage("api_token", "integration")
    assert len(printed.split()) == 1
    answer = Api(running_node.url).get("meetings", headers={"Authorization": f"Bearer {printed.strip()}"})
    assert answer.status_code == 200


def test_a_model_that_is_not_there_is_one_sentence(tmp_path: Path, speech_samples: dict[str, Path]) -> None:
    environment = node_environment(data_dir=tmp_path / "data", models=tmp_path / "none")
    environment |= {"SPEECH_MODEL": "no-such-model"}
    done = run("transcribe", str(speech_samples["beckett"]), environment=environment)
    assert done.returncode == 1
    assert "no-such-model" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    environment = node_environment(data_dir=tmp_path / "data", models=tmp_path) | {"DATA_DIR": str(in_the_way)}
    done = run("serve", environment=environment)
    assert done.returncode == 1
    assert "DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr
