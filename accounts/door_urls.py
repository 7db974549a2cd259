"""Steps of a log-in that is under way, on every surface that has one: of the app. and of the consoles."""

from django.urls import path

from accounts import door_pages

urlpatterns = [
    path("confirm", door_pages.AskForConfirmation.as_view(), name="confirm-email-first"),
    path("confirm/sent", door_pages.sent, {"about": "confirmation"}, name="confirmation-sent"),
    path("password/renew", door_pages.renew_password, name="renew-password"),
]
