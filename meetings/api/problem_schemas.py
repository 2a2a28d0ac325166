"""What a refusal looks like in the interface's description."""

from pydantic import Field

from meetings.api.schemas import Schema, SegmentOut


class FieldProblemOut(Schema):
    location: str
    field: str
    code: str
    detail: str


class ProblemOut(Schema):
    """RFC 9457. `type` and `code` are stable."""

    type: str = Field(examples=["/problems/not_found"])
    code: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblemOut] | None = None
    segment: SegmentOut | None = Field(None, description="of `revision_mismatch`: the line as it stands now")
