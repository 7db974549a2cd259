"""The Admin Consoles: one confined to a zone, one for the control plane."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class ZoneConsole(AdminSite):
    site_header = site_title = _("Admin Console")
    index_title = _("This zone")


class ControlConsole(AdminSite):
    site_header = site_title = _("MegaCity control plane")
    index_title = _("The city")


control = ControlConsole(name="control")
