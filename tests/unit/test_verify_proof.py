"""A proof holds as it was made, and no longer when anything in it, or in the transcript, is another."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from meetings import audit_chain
from meetings.audit_chain import Entry, entry_fields, entry_hash, text_hash
from meetings.audit_key import SigningKey, signing_key
from meetings.services.audit_proof import FORMAT, SOFTWARE
from meetings.verify_proof import BROKEN, HOLDS, UNREADABLE, NoProof, Verdict, canonical, main, proof_verify
from tests.nodes import ROOT

MEETING = UUID(int=7)
ADA, BOB = "00000000-0000-0000-0000-0000000000aa", "00000000-0000-0000-0000-0000000000bb"
LINES = {"s1": ("0" * 32, "Good morning."), "s2": ("1" * 32, "Guten Morgen, \U0001f600 “ü”")}
OTHER = Ed25519PrivateKey.generate()
AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def _acts() -> list[dict[str, Any]]:
    said = [{"id": key, "rev": 1, "text_hash": text_hash(salt=salt, text=text)} for key, (salt, text) in LINES.items()]
    return [
        {"actor": "user:1", "action": "meeting.created", "target": f"meeting:{MEETING}", "data": {}},
        {
            "actor": f"participant:{ADA}",
            "action": "session.committed",
            "target": "session:1",
            "data": {"segments": said},
        },
        {"actor": "user:1", "action": "meeting.ended", "target": f"meeting:{MEETING}", "data": {"n": 1, "at": None}},
    ]


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey(private=Ed25519PrivateKey.generate())


@pytest.fixture(scope="module")
def proof(key: SigningKey) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    for number, act in enumerate(_acts(), start=1):
        previous_hash = entries[-1]["hash"] if entries else ""
        at = AT + timedelta(seconds=number)
        entry = Entry(meeting_id=MEETING, number=number, at=at, previous_hash=previous_hash, **act)
        entries.append({**entry_fields(entry), "hash": entry_hash(entry)})
    unsigned = {
        "format": FORMAT,
        "software": SOFTWARE,
        "made_at": "2026-01-02T03:04:05+00:00",
        "meeting_id": str(MEETING),
        "entries": entries,
        "texts": [{"segment_id": name, "rev": 1, "salt": salt} for name, (salt, _) in LINES.items()],
        "head": {"number": len(entries), "hash": entries[-1]["hash"]},
    }
    return signed(unsigned, key)


@pytest.fixture(scope="module")
def transcript() -> dict[str, Any]:
    segments = [
        {"id": key, "rev": 1, "state": "final", "participant_id": ADA, "text": text} for key, (_, text) in LINES.items()
    ]
    return {"meeting": {"id": str(MEETING)}, "segments": segments}


def signed(unsigned: dict[str, Any], key: SigningKey) -> dict[str, Any]:
    content = {name: value for name, value in unsigned.items() if name != "signature"}
    signature = {"algorithm": "Ed25519", "public_key": key.public_hex, "value": key.sign(canonical(content))}
    return {**content, "signature": signature}


def test_what_was_made_holds(proof: dict[str, Any], transcript: dict[str, Any], key: SigningKey) -> None:
    verdict = proof_verify(json.loads(json.dumps(proof)), transcript, key=key.public_hex)
    assert (verdict.problems, verdict.exit_code) == ([], HOLDS)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where each value of a document is, the documents inside of it too."""
    inner: list[tuple[Any, ...]] = []
    if isinstance(value, dict):
        inner = [place for name, each in value.items() for place in leaves(each, (*path, name))]
    elif isinstance(value, list):
        inner = [place for index, each in enumerate(value) for place in leaves(each, (*path, index))]
    return [*([path] if path else []), *inner]


values = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.integers()), st.just({}))


def holder(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        document = document[step]
    return document


def is_refused(check: Callable[[], Verdict]) -> bool:
    try:
        return check().exit_code == BROKEN
    except (NoProof, UnicodeEncodeError):
        return True


@given(data=st.data())
def test_no_value_of_a_proof_can_be_changed_or_taken_away(data: st.DataObject, proof: dict[str, Any]) -> None:
    changed = deepcopy(proof)
    path = data.draw(st.sampled_from(leaves(proof)))
    inside = holder(changed, path)
    if data.draw(st.booleans()):
        del inside[path[-1]]
    else:
        other = data.draw(values)
        if json.dumps(other) == json.dumps(inside[path[-1]]):
            return
        inside[path[-1]] = other
    assert is_refused(lambda: proof_verify(changed))


@given(data=st.data())
def test_no_entry_can_be_changed_even_by_who_holds_another_key(data: st.DataObject, proof: dict[str, Any]) -> None:
    """The chain tells without any signature: here the changed proof is signed anew, with a key of somebody else."""
    other_key = SigningKey(private=OTHER)
    changed = deepcopy(proof)
    path = data.draw(st.sampled_from([each for each in leaves(proof) if each[0] in ("entries", "head")]))
    other = data.draw(values)
    inside = holder(changed, path)
    if json.dumps(other) == json.dumps(inside[path[-1]]):
        return
    inside[path[-1]] = other
    assert is_refused(lambda: proof_verify(signed(changed, other_key)))


@pytest.mark.parametrize("change", ["swap", "drop", "double", "cut", "foreign"])
def test_entries_keep_their_order_and_their_number(proof: dict[str, Any], key: SigningKey, change: str) -> None:
    changed = deepcopy(proof)
    entries = changed["entries"]
    match change:
        case "swap":
            entries[0], entries[1] = entries[1], entries[0]
        case "drop":
            del entries[1]
        case "double":
            entries.insert(1, deepcopy(entries[0]))
        case "cut":
            del entries[-1]
        case "foreign":
            changed["meeting_id"] = str(UUID(int=8))
    assert proof_verify(signed(changed, key)).exit_code == BROKEN


def test_a_proof_signed_anew_is_known_by_the_key_that_the_server_publishes(
    proof: dict[str, Any], key: SigningKey
) -> None:
    forged = signed(proof, SigningKey(private=OTHER))
    assert proof_verify(forged).exit_code == HOLDS  # in itself it is whole: so its key is told, to be compared
    assert any("compare it" in note for note in proof_verify(forged).notes)
    assert proof_verify(forged, key=key.public_hex).exit_code == BROKEN


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it["segments"][0].update(text="Good evening."),
        lambda it: it["segments"][0].update(rev=2),
        lambda it: it["segments"][0].update(id="s9"),
        lambda it: it["segments"][0].update(participant_id=BOB),
        lambda it: it["segments"][0].update(text=it["segments"][1]["text"]),
        lambda it: it["segments"].pop(),
        lambda it: it["segments"].append({**it["segments"][0], "id": "s3"}),
        lambda it: it["meeting"].update(id=str(UUID(int=8))),
    ],
    ids=["text", "revision", "id", "speaker", "other line's text", "left out", "slipped in", "other meeting"],
)
def test_a_transcript_that_is_another_one_is_found(
    proof: dict[str, Any], transcript: dict[str, Any], change: Callable[[dict[str, Any]], object]
) -> None:
    changed = deepcopy(transcript)
    change(changed)
    assert proof_verify(proof, changed).exit_code == BROKEN


def test_an_excerpt_may_leave_lines_out_and_change_none(proof: dict[str, Any], transcript: dict[str, Any]) -> None:
    excerpt = {**transcript, "segments": transcript["segments"][:1]}
    assert proof_verify(proof, excerpt, is_excerpt=True).exit_code == HOLDS
    changed = {**excerpt, "segments": [{**excerpt["segments"][0], "text": "Never."}]}
    assert proof_verify(proof, changed, is_excerpt=True).exit_code == BROKEN


@given(value=st.recursive(values, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_the_checker_writes_json_as_the_server_does(value: object) -> None:
    """It shares no code with it, on purpose."""
    try:
        expected = audit_chain.canonical(value)
    except UnicodeEncodeError:  # half a surrogate pair: no database takes it
        return
    assert canonical(value) == expected


def test_the_checker_is_one_file_without_the_server(
    proof: dict[str, Any], transcript: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / "proof.json", tmp_path / "transcript.json"]
    for path, document in zip(paths, (proof, transcript), strict=True):
        path.write_text(json.dumps(document))
    arguments = [str(path) for path in paths]
    assert main(arguments) == HOLDS
    assert "All of it holds." in capsys.readouterr().out
    paths[1].write_text(json.dumps({**transcript, "segments": []}))
    assert main(arguments) == BROKEN
    assert "It does NOT hold." in capsys.readouterr().out
    for nonsense in ("{", "[]", '{"format": "other"}', "[" * 100_000):
        paths[0].write_text(nonsense)
        assert main(arguments[:1]) == UNREADABLE
    source = (ROOT / "meetings" / "verify_proof.py").read_text()
    assert "import meetings" not in source
    assert "from meetings" not in source
    assert "django" not in source


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path / "new"
    first, second = signing_key(), signing_key()
    assert first.public_hex == second.public_hex
    (file,) = (tmp_path / "new").iterdir()
    assert file.stat().st_mode & 0o077 == 0
