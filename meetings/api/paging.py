"""Pages of rows in the order in which they were made, for listings that need nothing more."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from meetings.api.cursors import Cursor
from meetings.api.parameters import PageQuery
from meetings.api.shapes import Shape

Row = TypeVar("Row", bound=Model)


def page_of(rows: QuerySet[Row], page: PageQuery, *, listing: str, shape: Callable[[Row], Shape]) -> Shape:
    """`rows` have `created_at` and an id that is a UUID. Raises Invalid for a cursor of another listing."""
    rows = rows.order_by("created_at", "id")
    if page.cursor is not None:
        last = Cursor.unpack(page.cursor, listing=listing)
        rows = rows.filter(Q(created_at__gt=last.moment) | Q(created_at=last.moment, id__gt=last.id))
    found = list(rows[: page.limit + 1])
    shown, has_more = found[: page.limit], len(found) > page.limit
    return {
        "data": [shape(row) for row in shown],
        "next_cursor": _cursor(shown[-1], listing).pack() if has_more else None,
        "has_more": has_more,
    }


def _cursor(row: Model, listing: str) -> Cursor:
    made_at: datetime = row.created_at  # type: ignore[attr-defined]  # see above
    return Cursor.at(made_at, id=row.pk, listing=listing)
