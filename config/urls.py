"""Every HTTP address, from its first segment on."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.asyncapi import asyncapi
from config.health import healthz, metrics, readyz
from meetings.api.urls import described
from meetings.problem_views import problem, problems

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/login/", RedirectView.as_view(pattern_name="account:login", query_string=True)),
    # Where wrong guesses are counted, and the change is in the trail.
    path("admin/password_change/", admin.site.admin_view(RedirectView.as_view(pattern_name="account:password"))),
    path("admin/", admin.site.urls),
    path("api/asyncapi/", described(asyncapi), name="api-asyncapi"),
    path("api/", include("meetings.api.urls")),
    path("problems/", problems, name="problems"),
    path("problems/<slug:code>", problem, name="problem"),
    path("ingest/", include("meetings.ingest.urls")),
    path("", include("meetings.account_urls")),
    path("", include("meetings.urls")),
]

# Where no view has answered.
handler404 = "config.refusals.not_found"
handler400 = "config.refusals.bad_request"
handler500 = "config.refusals.server_error"
