"""`If-Match`: a change says which revision it was made of, so that nobody's work is lost unseen."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from django.http import HttpResponse
from ninja import Header

from meetings.access import Actor, segment_to_read
from meetings.api.problems import Problem, ProblemError, problem_of
from meetings.errors import StaleRevision
from meetings.messages import segment_wire
from meetings.models import Segment

REV = re.compile(r'"(\d{1,9})"|(\d{1,9})')

IfMatch = Annotated[
    str | None,
    Header(None, alias="If-Match", description='the `rev` that the change was made of, in quotes: `"3"`'),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        None,
        alias="Idempotency-Key",
        description="A request that is repeated with its key is carried out once. Ignored for guests.",
    ),
]

MISSING = Problem(
    code="if_match_required",
    status=428,
    detail='Say which revision you have changed: `If-Match: "3"`, from the `ETag` or the `rev` of the segment.',
)
MALFORMED = Problem(code="bad_if_match", status=400, detail='`If-Match` holds one revision in quotes, as in `"3"`.')


def rev_expected(header: str | None) -> int:
    """Raises ProblemError."""
    if header is None:
        raise ProblemError(MISSING)
    found = REV.fullmatch(header.strip())
    if found is None:
        raise ProblemError(MALFORMED)
    return int(found[1] or found[2])


def etag_put(response: HttpResponse, segment: Segment) -> None:
    response.headers["ETag"] = f'"{segment.rev}"'
    response.headers["Cache-Control"] = "private, no-cache"


@contextmanager
def present_revision_told(actor: Actor) -> Iterator[None]:
    """A stale change is refused together with what stands now, so that it can be looked at and decided upon."""
    try:
        yield
    except StaleRevision as error:
        segment = segment_to_read(actor, error.segment_id)
        problem = problem_of(error)
        raise ProblemError(
            Problem(
                code=problem.code,
                status=problem.status,
                title=problem.title,
                detail=problem.detail,
                headers={"ETag": f'"{segment.rev}"'},
                extensions={"segment": segment_wire(segment)},
            )
        ) from error
