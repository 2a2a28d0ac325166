"""Every HTTP address, from its first segment on."""

from django.contrib import admin
from django.urls import include, path

from config.health import healthz, metrics, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/", include("meetings.api.urls")),
    path("ingest/", include("meetings.ingest.urls")),
    path("", include("meetings.urls")),
]
