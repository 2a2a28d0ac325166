"""The addresses that telephone services ask."""

from django.urls import path

from meetings.ingest import views

app_name = "ingest"
urlpatterns = [
    path("teler/<str:key>/flow", views.teler_flow, name="teler-flow"),
    path("twilio/<str:key>/twiml", views.twilio_twiml, name="twilio-twiml"),
]
