"""WebSocket alone (daphne); HTTP is served by megacity.wsgi."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "megacity.settings")

http = get_asgi_application()

from accounts.crypto import ready  # noqa: E402
from megacity.ratelimit import ConnectionLimitMiddleware  # noqa: E402
from megacity.routing import Edge, websocket_urlpatterns  # noqa: E402  (models must be loaded first)
from zones.middleware import ZoneScopeMiddleware  # noqa: E402

ready()
websocket = ZoneScopeMiddleware(ConnectionLimitMiddleware(URLRouter(websocket_urlpatterns)))
application = Edge(ProtocolTypeRouter({"http": http, "websocket": websocket}))
