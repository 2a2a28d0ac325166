"""Every HTTP address, from its first segment on."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
]
if find_spec("meetings.api") and find_spec("meetings.api.urls"):
    urlpatterns.append(path("api/", include("meetings.api.urls")))
if find_spec("meetings.urls"):
    urlpatterns.append(path("", include("meetings.urls")))
