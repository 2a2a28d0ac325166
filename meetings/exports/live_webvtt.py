"""A WebVTT file that grows while people speak: after what stands, each line and each loss as it is committed. Pure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from meetings.exports.cues import Cue, cues_in_order
from meetings.exports.formats import cues, said_cue
from meetings.exports.gaps import gap_cues
from meetings.exports.webvtt import cue_block, webvtt
from meetings.exports.wish import Wish
from meetings.language_tags import tag_matches
from meetings.wire import GapWire, SegmentWire

if TYPE_CHECKING:
    from meetings.selectors import Transcript

NOTHING_NEW = "NOTE\n\n"  # a comment, so that whoever is in between keeps the connection
SPOKEN = frozenset({"final", "corrected"})


class WebvttTail:
    """What was written is not written again: a file that is read on takes nothing back.

    Lines that are to be shown and not to be kept are not in it: files are kept.
    Cues come in the order in which they are committed, which is nearly that of their starts.
    """

    def __init__(self, transcript: "Transcript", wish: Wish) -> None:
        """`transcript`: what stands, of those speakers and in the language that `wish` names."""
        self._wish = wish
        self._chosen = {speaker.casefold() for speaker in wish.speakers}
        self._names = {one["id"]: one["display_name"] for one in transcript.participants}
        self._written = {segment["id"] for segment in transcript.segments}
        self.head = webvtt(cues(transcript, wish.options))

    def block(self, message: Mapping[str, Any]) -> str:
        """What a message of the feed adds; empty where that is nothing."""
        match message:
            case {"type": "segment", "segment": segment}:
                return _block(self._said(cast("SegmentWire", segment)))
            case {
                "type": "event",
                "event": {"type": "participant.joined" | "participant.changed", "participant": participant},
            }:
                self._names[participant["id"]] = participant["display_name"]
            case {"type": "event", "event": {"type": "audio.gap"} as lost}:
                return _block(self._lost(lost))
        return ""

    def _said(self, segment: SegmentWire) -> list[Cue]:
        if segment["id"] in self._written or segment["state"] not in SPOKEN or not segment.get("kept", True):
            return []
        if not self._is_chosen(segment["participant_id"], segment["speaker"]):
            return []
        if self._wish.language and not tag_matches(segment["language"], self._wish.language):
            return []
        self._written.add(segment["id"])
        if _is_split_off(segment) and not self._chosen:
            return []  # its words stand in the line that it was a part of; that may be of a speaker who is not chosen
        return [said_cue(segment, has_names=self._wish.options.has_names)]

    def _lost(self, lost: Mapping[str, Any]) -> list[Cue]:
        name = self._names.get(lost["participant_id"], "")
        if not self._is_chosen(lost["participant_id"], name):
            return []
        gap = cast("GapWire", {**lost, "speaker": name})
        return gap_cues([gap], has_names=self._wish.options.has_names)

    def _is_chosen(self, participant_id: str, name: str) -> bool:
        return not self._chosen or participant_id in self._chosen or name.casefold() in self._chosen


def _is_split_off(segment: SegmentWire) -> bool:
    """A new line that was never a final."""
    return segment["state"] == "corrected" and segment["rev"] == 1


def _block(found: list[Cue]) -> str:
    return "".join(cue_block(cue) for cue in cues_in_order(found))
