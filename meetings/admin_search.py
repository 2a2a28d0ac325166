"""What staff paste into a search box of the admin: ids in every way that Colloquy writes them."""

from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from meetings.admin_base import ReadOnlyAdmin
from meetings.models import Meeting


class SearchedByMeeting(ReadOnlyAdmin):
    """Of a trail that outlives its meetings, so that no foreign key leads to them: by a meeting's id or its code."""

    def of_meetings(self, ids: list[UUID]) -> Q:
        return Q(meeting_id__in=ids)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        meeting_ids = _meeting_ids(search_term.strip())
        if meeting_ids and (of_them := queryset.filter(self.of_meetings(meeting_ids))).exists():
            return of_them, False
        return super().get_search_results(request, queryset, search_term)


def id_in(text: str) -> UUID | None:
    """The id that a text is: with dashes or without, or as the `webhook-id` of an event."""
    try:
        return UUID(text.strip().removeprefix("msg_"))
    except ValueError:
        return None


def _meeting_ids(text: str) -> list[UUID]:
    if (number := id_in(text)) is not None:
        return [number]
    named = Meeting.objects.filter(Q(code=text.lower()) | Q(former_codes__code=text.lower()))
    return list(named.values_list("pk", flat=True))
