"""The REST interface."""

from meetings.api.interface import api

__all__ = ["api"]
