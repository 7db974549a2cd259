"""/api/v1/, on the `api.` surface for tokens and on `app.` for the zone's own pages."""

from django.urls import include, path

from megacity.api.docs import DocsView, SchemaView

urlpatterns = [
    # First, because an exam asks for these more often than anybody asks for the rest.
    path("", include("exams.api.urls")),
    path("schema", SchemaView.as_view(), name="schema"),
    path("docs", DocsView.as_view(url_name="schema"), name="api-docs"),
    path("", include("accounts.api.urls")),
]
