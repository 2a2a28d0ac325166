"""Registers the stored half with Django."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MeetingsConfig(AppConfig):
    name = "meetings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meetings.search.index import index_after_migrate

        post_migrate.connect(index_after_migrate, sender=self)
