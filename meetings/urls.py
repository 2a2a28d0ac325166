"""The pages' addresses."""

from django.urls import path

from meetings import (
    history_views,
    keeping_views,
    organisation_views,
    person_views,
    search_views,
    second_pass_views,
    sharing_views,
    views,
)

app_name = "meetings"
urlpatterns = [
    path("", views.start, name="start"),
    path("search/", search_views.search, name="search"),
    path("join/", views.join, name="join"),
    path("m/<slug:code>/", views.meeting, name="meeting"),
    path("m/<slug:code>/transcript/", views.transcript, name="transcript"),
    path("m/<slug:code>/history/", history_views.history, name="history"),
    path("m/<slug:code>/keeping/", keeping_views.keeping, name="keeping"),
    path("m/<slug:code>/people/", person_views.people, name="people"),
    path("m/<slug:code>/people/<uuid:participant_id>/", person_views.person, name="person"),
    path("m/<slug:code>/people/<uuid:participant_id>/data/", person_views.person_data, name="person-data"),
    path("m/<slug:code>/sharing/", sharing_views.sharing, name="sharing"),
    path("m/<slug:code>/recordings/<uuid:recording_id>/", views.recording, name="recording"),
    path("m/<slug:code>/recordings/<uuid:recording_id>/retry/", views.recording_retried, name="recording_retry"),
    path("m/<slug:code>/second-pass/", second_pass_views.second_pass_started, name="second_pass"),
    path("organisations/", organisation_views.organisations, name="organisations"),
    path("organisations/<slug:slug>/", organisation_views.organisation, name="organisation"),
]
