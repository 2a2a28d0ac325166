"""The Celery application: what happens after or beside the live path, never the captions themselves."""

import os
import sys
from typing import Any

from celery import Celery
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("colloquy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "finalize-abandoned-sessions": {
        "task": "meetings.tasks.sessions_abandoned_finalize",
        "schedule": 30.0,
        # A run that waited longer than the next one is due would only repeat its work.
        "options": {"expires": 30.0},
    },
    "end-undelivered-sessions": {
        "task": "meetings.tasks.sessions_undelivered_end",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    "make-recordings": {
        "task": "meetings.tasks.recordings_make",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "silence-redacted-audio": {
        "task": "meetings.tasks.audio_redactions_make",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "purge-what-is-due": {
        "task": "meetings.tasks.purges_make",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "hear-recordings-again": {
        "task": "config.tasks.second_passes_hear",
        "schedule": 20.0,
        "options": {"expires": 20.0},
    },
    "sweep-recorded-files": {
        "task": "meetings.tasks.recording_files_sweep",
        "schedule": 3_600.0,
        "options": {"expires": 3_600.0},
    },
    "compact-search-index": {
        "task": "meetings.tasks.search_index_compact",
        "schedule": 86_400.0,
        "options": {"expires": 3_600.0},
    },
    "scrub-search-index": {
        "task": "meetings.tasks.search_index_scrub",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "make-exports": {  # who asks for one sends a message at once; this is for those that were lost or put off
        "task": "meetings.tasks.exports_make",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "delete-expired-exports": {
        "task": "meetings.tasks.exports_expired_delete",
        "schedule": 900.0,
        "options": {"expires": 900.0},
    },
    "deliver-webhooks": {
        "task": "meetings.tasks.webhooks_deliver",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "sweep-webhooks": {
        "task": "meetings.tasks.webhooks_sweep",
        "schedule": 3_600.0,
        "options": {"expires": 3_600.0},
    },
    "delete-expired-credentials": {
        "task": "meetings.tasks.credentials_expired_delete",
        "schedule": 3_600.0,
        "options": {"expires": 3_600.0},
    },
    "anchor-audit-trail": {
        "task": "meetings.tasks.audit_trail_anchor",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    "verify-audit-trail": {
        "task": "meetings.tasks.audit_trail_verify",
        "schedule": 21_600.0,
        "options": {"expires": 21_600.0},
    },
}


@app.on_configure.connect(weak=False)
def configuration_check(**kwargs: Any) -> None:
    """A mistake in the configuration is told in one sentence, as `manage.py` does."""
    try:
        _ = settings.DATA_DIR  # the first access reads the settings
    except ImproperlyConfigured as problem:
        sys.exit(f"{problem}")
