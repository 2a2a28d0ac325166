"""Refusals of the services and selectors as the pages that Django has for them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.http import Http404

from meetings.errors import Forbidden, NotFound


@contextmanager
def refusals_as_pages() -> Iterator[None]:
    """NotFound is the page of 404, Forbidden that of 403 with what it says."""
    try:
        yield
    except NotFound as error:
        raise Http404 from error
    except Forbidden as error:
        raise PermissionDenied(error.detail) from error
