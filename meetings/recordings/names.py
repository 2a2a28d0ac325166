"""Names of recorded files: they say what is inside, so that a repeated write replaces a file by itself. Pure."""

import re
from dataclasses import dataclass
from uuid import UUID

from meetings.values import SessionOwner

_CHUNK = re.compile(r"(\d+)-(\d+)-(\d+)(?:-[0-9a-f]{32})?\.flac")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkName:
    """Samples [start, end) of a session, written by its connection of this generation."""

    meeting_id: UUID
    owner: SessionOwner
    start: int
    end: int

    @property
    def path(self) -> str:
        """Two connections of one session that hold the same samples write different files: neither harms the other."""
        name = f"{self.start:012}-{self.end:012}-{self.owner.generation}.flac"
        return f"{self.meeting_id}/{self.owner.session_id}/{name}"


def chunk_name_parse(path: str) -> ChunkName | None:
    """None for what is no chunk's."""
    meeting_id, _, rest = path.partition("/")
    session_id, _, name = rest.partition("/")
    found = _CHUNK.fullmatch(name)
    if found is None:
        return None
    try:
        owner = SessionOwner(session_id=UUID(session_id), generation=int(found[3]))
        return ChunkName(meeting_id=UUID(meeting_id), owner=owner, start=int(found[1]), end=int(found[2]))
    except ValueError:
        return None


def chunk_path_anew(path: str, *, mark: UUID) -> str:
    """Where the same samples are written without what was redacted: beside the file, under a name of its own."""
    directory, _, name = path.rpartition("/")
    bounds = "-".join(name.removesuffix(".flac").split("-")[:3])
    return f"{directory}/{bounds}-{mark.hex}.flac"


def session_recording_path(*, meeting_id: UUID, session_id: UUID, made_from: str) -> str:
    return f"{meeting_id}/session-{session_id}-{made_from}.flac"


def mix_recording_path(*, meeting_id: UUID, made_from: str) -> str:
    return f"{meeting_id}/mix-{made_from}.flac"
