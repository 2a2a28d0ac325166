"""Which file of a transcript is wished for: its format, which lines are in it, and how they look. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meetings.exports.options import AS_IT_IS, ExportOptions

ARCHIVE = "zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`has_audio` is the archive's: with the recorded sound."""

    format: str
    speakers: tuple[str, ...] = ()
    language: str = ""
    as_of_seq: int | None = None
    options: ExportOptions = AS_IT_IS
    has_audio: bool = False

    def stored(self) -> dict[str, Any]:
        """As JSON, in the words of the API."""
        return {
            "speakers": list(self.speakers),
            "language": self.language,
            "as_of_seq": self.as_of_seq,
            "names": self.options.has_names,
            "timestamps": self.options.has_timestamps,
            "paragraphs": self.options.has_paragraphs,
            "audio": self.has_audio,
        }

    def audited(self) -> dict[str, object]:
        """The same without names: how many speakers were chosen, not who."""
        return {"format": self.format, **self.stored(), "speakers": len(self.speakers)}


def wish_of(format: str, stored: Mapping[str, Any]) -> Wish:
    """What `stored` gave."""
    return Wish(
        format=format,
        speakers=tuple(stored["speakers"]),
        language=stored["language"],
        as_of_seq=stored["as_of_seq"],
        options=ExportOptions(
            has_names=stored["names"], has_timestamps=stored["timestamps"], has_paragraphs=stored["paragraphs"]
        ),
        has_audio=stored["audio"],
    )
