"""Check a proof of a meeting's history, and a transcript against it, without the server.

    python -m meetings.verify_proof proof.json [transcript.json] [--key HEX] [--excerpt]
    python -m meetings.verify_proof archive.zip [--key HEX]

This file alone is enough, with Python 3.11: it imports nothing of the server on purpose, since a checker that shares
code with what it checks shares its mistakes. The signature is checked where the package `cryptography` is installed.

Exit codes: 0 all holds; 1 something does not; 2 a file cannot be read; 3 all holds, but nobody could check the
signature here.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = "colloquy-audit-proof/1"
PROOF, TRANSCRIPT, SUMS = "audit.json", "transcript.json", "SHA256SUMS"  # in an archive
SEALED = ("meeting_id", "number", "at", "actor", "action", "target", "data", "previous_hash")
HOLDS, BROKEN, UNREADABLE, UNSIGNED = 0, 1, 2, 3
Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Verdict:
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_signature_checked: bool = False

    @property
    def exit_code(self) -> int:
        if self.problems:
            return BROKEN
        return HOLDS if self.is_signature_checked else UNSIGNED


class NoProof(ValueError):
    """The file is something else, or has lost its shape."""


def proof_verify(
    proof: object, transcript: object = None, *, key: str | None = None, is_excerpt: bool = False
) -> Verdict:
    """`key`: the server's public key in hex, as got from somewhere else. `is_excerpt`: the transcript is not whole.

    Raises NoProof.
    """
    found = _shaped(proof)
    verdict = Verdict()
    _signature(found, key, verdict)
    verdict.problems += _chain(found)
    texts = {(text["segment_id"], text["rev"]): text["salt"] for text in found["texts"]}
    if transcript is not None:
        verdict.problems += _transcript(transcript, found, texts, is_excerpt=is_excerpt)
    verdict.notes.append(f"{len(found['entries'])} entries, {len(texts)} texts that stand.")
    return verdict


def archive_verify(path: Path, *, key: str | None = None) -> Verdict:
    """A whole archive: its proof, its transcript by that, and that every file is as it was when the proof was signed.

    Raises NoProof, OSError, ValueError.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if PROOF not in names:
                raise NoProof(f"The archive holds no {PROOF}.")
            proof = json.loads(archive.read(PROOF))
            transcript = json.loads(archive.read(TRANSCRIPT)) if TRANSCRIPT in names else None
            verdict = proof_verify(proof, transcript, key=key)
            verdict.problems += _files(archive, proof.get("files"))
    except zipfile.BadZipFile as error:
        raise NoProof("The archive is damaged.") from error
    return verdict


def _files(archive: zipfile.ZipFile, signed: object) -> Iterator[str]:
    if not isinstance(signed, dict):
        yield "The proof says nothing of the files of the archive."
        return
    names = archive.namelist()
    for name in sorted({*names, *signed, SUMS} - {PROOF}):
        if name not in names:
            yield f"The file {name} is missing."
        elif name not in signed and name != SUMS:
            yield f"The file {name} was added."
        elif name != SUMS and _digest(archive, name) != signed[name]:
            yield f"The file {name} was changed."
    if len(set(names)) != len(names):
        yield "Some files are in the archive more than once."
    lines = {f"{digest}  {name}" for name, digest in {**signed, PROOF: _digest(archive, PROOF)}.items()}
    if SUMS in names and set(archive.read(SUMS).decode("utf-8", "replace").splitlines()) != lines:
        yield f"The file {SUMS} was changed."


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as file:
        while part := file.read(1_048_576):
            digest.update(part)
    return digest.hexdigest()


def canonical(value: object) -> bytes:
    """As docs/audit.md says: JSON in UTF-8, keys sorted by code point, no spaces, only what must be escaped is."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _shaped(proof: object) -> Json:
    if not isinstance(proof, dict) or proof.get("format") != FORMAT:
        raise NoProof(f"This is no proof of the format {FORMAT}.")
    head = proof.get("head")
    if not isinstance(proof.get("meeting_id"), str) or not isinstance(head, dict):
        raise NoProof("The proof does not say of what it is, or where it ends.")
    for name, keys in (("entries", (*SEALED, "hash")), ("texts", ("segment_id", "rev", "salt"))):
        rows = proof.get(name)
        if not isinstance(rows, list) or not all(isinstance(row, dict) and set(row) == set(keys) for row in rows):
            raise NoProof(f"The {name} of the proof have lost their shape.")
    if not all(isinstance(entry["data"], dict) and type(entry["number"]) is int for entry in proof["entries"]):
        raise NoProof("The entries of the proof have lost their shape.")
    if not all(isinstance(text[name], str) for text in proof["texts"] for name in ("segment_id", "salt")):
        raise NoProof("The texts of the proof have lost their shape.")
    if not all(type(text["rev"]) is int for text in proof["texts"]):
        raise NoProof("The texts of the proof have lost their shape.")
    return proof


def _signature(proof: Json, key: str | None, verdict: Verdict) -> None:
    signature = proof.get("signature")
    if not isinstance(signature, dict) or signature.get("algorithm") != "Ed25519":
        verdict.problems.append("The proof is not signed.")
        return
    public_hex = str(signature.get("public_key"))
    if key is not None and key.lower() != public_hex:
        verdict.problems.append("The proof is signed with another key than the one given.")
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        verdict.notes.append("The signature was not checked: the package `cryptography` is not installed.")
        return
    verdict.is_signature_checked = True
    signed = canonical({name: value for name, value in proof.items() if name != "signature"})
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex)).verify(
            bytes.fromhex(str(signature.get("value"))), signed
        )
    except (InvalidSignature, ValueError):
        verdict.problems.append("The signature does not fit: the proof was changed after it was made.")
        return
    if key is None:
        verdict.notes.append(f"Signed with the key {public_hex}: compare it with the one that the server publishes.")


def _chain(proof: Json) -> Iterator[str]:
    previous_hash = ""
    for number, entry in enumerate(proof["entries"], start=1):
        if entry["number"] != number:
            yield f"Where entry {number} should be is entry {entry['number']}: some are missing, or out of order."
            return
        if entry["meeting_id"] != proof["meeting_id"]:
            yield f"Entry {number} is of another meeting."
        if entry["previous_hash"] != previous_hash:
            yield f"Entry {number} does not follow from the one before it."
        if entry["hash"] != hashlib.sha256(canonical({name: entry[name] for name in SEALED})).hexdigest():
            yield f"Entry {number} was changed after it was made."
        previous_hash = entry["hash"]
    if (proof["head"].get("number"), proof["head"].get("hash")) != (len(proof["entries"]), previous_hash):
        yield "The entries do not end where the proof says that they do."


def _transcript(
    transcript: object, proof: Json, texts: dict[tuple[str, int], str], *, is_excerpt: bool
) -> Iterator[str]:
    if not isinstance(transcript, dict) or not isinstance(transcript.get("segments"), list):
        raise NoProof("This is no transcript in JSON.")
    meeting = transcript.get("meeting")
    if not isinstance(meeting, dict) or meeting.get("id") != proof["meeting_id"]:
        yield "The transcript is of another meeting."
    hashes, speakers = _claims(proof["entries"])
    shown = set()
    for segment in transcript["segments"]:
        if not _is_line(segment):
            raise NoProof("The transcript has lost its shape.")
        if segment.get("state") not in ("final", "corrected"):
            continue
        key = (segment["id"], segment["rev"])
        salt = texts.get(key)
        shown.add(key)
        if salt is None:
            yield f"The proof knows no text of segment {key[0]} in revision {key[1]}."
        elif hashes.get(key) != hashlib.sha256(f"{salt}\n{segment['text']}".encode()).hexdigest():
            yield f"The text of segment {key[0]} is another one than was recorded."
        elif speakers.get(key[0]) not in (None, segment.get("participant_id")):
            yield f"Segment {key[0]} is ascribed to another participant than was recorded."
    if not is_excerpt:
        for segment_id, rev in texts:
            if (segment_id, rev) not in shown:
                yield f"Segment {segment_id} is missing from the transcript."


def _is_line(segment: object) -> bool:
    if not isinstance(segment, dict) or type(segment.get("rev")) is not int:
        return False
    return all(isinstance(segment.get(name), str) for name in ("id", "text"))


def _claims(entries: Sequence[Json]) -> tuple[dict[tuple[str, int], str], dict[str, str]]:
    """Which hash each text should have, and who said it, by what the entries record."""
    hashes: dict[tuple[str, int], str] = {}
    speakers: dict[str, str] = {}
    for entry in entries:
        kind, _, target_id = str(entry["target"]).partition(":")
        listed = entry["data"].get("segments")
        named = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        if kind == "segment":
            named.append({**entry["data"], "id": target_id})
        for each in named:
            segment_id, rev = each.get("id"), each.get("rev")
            if not isinstance(segment_id, str):
                continue
            if type(rev) is int and isinstance(each.get("text_hash"), str):
                hashes[segment_id, rev] = each["text_hash"]
            if isinstance(each.get("participant"), str):
                speakers[segment_id] = each["participant"]
            elif entry["action"] == "session.committed":
                speakers[segment_id] = str(entry["actor"]).removeprefix("participant:")
    return hashes, speakers


def _verdict(options: argparse.Namespace) -> Verdict:
    if zipfile.is_zipfile(options.proof):
        return archive_verify(options.proof, key=options.key)
    proof = json.loads(options.proof.read_bytes())
    transcript = json.loads(options.transcript.read_bytes()) if options.transcript else None
    return proof_verify(proof, transcript, key=options.key, is_excerpt=options.excerpt)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="verify_proof", description="Check a proof of a meeting's history.")
    parser.add_argument("proof", type=Path, help="a proof, or a whole archive")
    parser.add_argument("transcript", type=Path, nargs="?", help="transcript.json of the same meeting")
    parser.add_argument("--key", metavar="HEX", help="the server's public key, from somewhere else than the proof")
    parser.add_argument("--excerpt", action="store_true", help="the transcript need not be whole")
    options = parser.parse_args(arguments)
    try:
        verdict = _verdict(options)
    except (OSError, ValueError, RecursionError) as error:
        sys.stderr.write(f"It cannot be checked: {error}\n")
        return UNREADABLE
    for line in (*verdict.problems, *verdict.notes):
        sys.stdout.write(f"{line}\n")
    verdict_words = {HOLDS: "All of it holds.", BROKEN: "It does NOT hold.", UNSIGNED: "It holds; signature unchecked."}
    sys.stdout.write(f"{verdict_words[verdict.exit_code]}\n")
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(main())
