from megacity.urls.common import handler400, handler403, handler404, handler500  # noqa: F401
from megacity.urls.common import urlpatterns as common

urlpatterns = [*common]
