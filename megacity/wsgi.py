"""HTTP: synchronous Django (granian in development and production)."""

import os

from django.core.wsgi import get_wsgi_application

from megacity.unread import ReadAway

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "megacity.settings")

application = ReadAway(get_wsgi_application())

from accounts.crypto import ready  # noqa: E402  (settings must be loaded first)

ready()
