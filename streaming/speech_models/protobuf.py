"""Read a few fields of a large protobuf file without loading it: what an ONNX model says of itself, a BPE vocabulary.

Wire format: a varint `number << 3 | type`, then a varint (0), 8 bytes (1), a length and so many bytes (2), 4 bytes (5).
"""

import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from streaming.recognizers.base import ModelCorrupt

ONNX_METADATA: Final = 14  # ModelProto.metadata_props; key and value are fields 1 and 2
BPE_PIECES: Final = 1  # sentencepiece's ModelProto.pieces; piece and score are fields 1 and 2
MAX_WANTED_BYTES: Final = 1 << 22
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5


def onnx_metadata(path: Path) -> dict[str, str]:
    """The custom metadata of an ONNX file; the graph is skipped, so this is quick at any size. Raises ModelCorrupt."""
    found: dict[str, str] = {}
    for fields in _messages(path, ONNX_METADATA):
        found[fields.get(1, b"").decode("utf-8", "replace")] = fields.get(2, b"").decode("utf-8", "replace")
    return found


def bpe_pieces(path: Path) -> list[tuple[str, float]]:
    """(piece, score) of a sentencepiece model, in the order of their numbers. Raises ModelCorrupt."""
    pieces: list[tuple[str, float]] = []
    for fields in _messages(path, BPE_PIECES):
        score = struct.unpack("<f", fields[2])[0] if len(fields.get(2, b"")) == 4 else 0.0
        pieces.append((fields.get(1, b"").decode("utf-8", "replace"), score))
    return pieces


def _messages(path: Path, wanted: int) -> list[dict[int, bytes]]:
    """The fields of each message that is field `wanted` of the file. Raises ModelCorrupt."""
    try:
        with path.open("rb") as file:
            n_bytes = os.fstat(file.fileno()).st_size
            parts = [data for number, data in _fields(file, n_bytes, only=wanted) if number == wanted]
        return [dict(_fields(io.BytesIO(part), len(part))) for part in parts]
    except OSError as problem:
        raise ModelCorrupt(f"{path} of the speech model cannot be read ({problem.strerror}).") from problem
    except ValueError as problem:
        raise ModelCorrupt(f"{path} is not a model that can be loaded: {problem}.") from problem


def _fields(file: BinaryIO, n_bytes: int, *, only: int | None = None) -> Iterator[tuple[int, bytes]]:
    """(field number, its bytes; empty for varints and for what is not `only`). Raises ValueError."""
    while file.tell() < n_bytes:
        tag = _varint(file)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise ValueError("it is no protobuf")
        if kind == VARINT:
            _varint(file)
            yield number, b""
            continue
        length = {EIGHT_BYTES: 8, FOUR_BYTES: 4}.get(kind, -1)
        if kind == LENGTH:
            length = _varint(file)
        if length < 0 or file.tell() + length > n_bytes:
            raise ValueError("it is cut off or no protobuf")
        if only is None or number == only:
            if length > MAX_WANTED_BYTES:
                raise ValueError("a field is too long")
            yield number, file.read(length)
        else:
            file.seek(length, io.SEEK_CUR)


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            raise ValueError("it is cut off")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("it is no protobuf")
