"""The pages' addresses."""

from django.urls import path

from meetings import keeping_views, views

app_name = "meetings"
urlpatterns = [
    path("", views.start, name="start"),
    path("join/", views.join, name="join"),
    path("m/<slug:code>/", views.meeting, name="meeting"),
    path("m/<slug:code>/transcript/", views.transcript, name="transcript"),
    path("m/<slug:code>/keeping/", keeping_views.keeping, name="keeping"),
    path("m/<slug:code>/recordings/<uuid:recording_id>/", views.recording, name="recording"),
]
