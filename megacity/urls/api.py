from megacity.urls.probes import urlpatterns as probes

urlpatterns = [*probes]

handler400 = "megacity.errors.bad_request"
handler403 = "megacity.errors.forbidden"
handler404 = "megacity.errors.not_found"
handler500 = "megacity.errors.server_error"
