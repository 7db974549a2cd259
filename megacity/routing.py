from django.urls import path

from megacity.consumers import CityConsumer

websocket_urlpatterns = [path("ws", CityConsumer.as_asgi())]
