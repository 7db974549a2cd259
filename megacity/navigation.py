"""The links in the header, by surface and role."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.permissions import STAFF_ROLES, Role
from exams.selectors.grading import PERMISSION as GRADING
from exams.selectors.grading import number_waiting


def navigation(request: HttpRequest, admin_url: str) -> list[dict[str, Any]]:
    """[{label, url, active, count}] for this visitor on this surface; `count` says how much waits there."""
    surface = getattr(request, "surface", "")
    # A request that is refused at the door (too many, zone suspended) has not been given its person yet.
    user = getattr(request, "user", None)
    if surface == "www":
        links = [(_("Home"), "/"), (_("About"), "/about"), (_("Prices"), "/prices")]
    elif surface == "app" and user is not None and user.is_authenticated:
        links = _app_links(user, admin_url)
    else:
        links = []
    waits = {}
    if user is not None and any(url == "/grading" for _label, url in links):
        waits["/grading"] = number_waiting(user)
    return [
        {"label": label, "url": url, "active": _active(request.path, url), "count": waits.get(url, 0)}
        for label, url in links
    ]


def _app_links(user: Any, admin_url: str) -> list[tuple[str, str]]:
    links = [(_("Dashboard"), "/dashboard")]
    if user.allows("attempt:create"):
        links.append((_("Exams"), "/exams"))
    if user.role == Role.PARENT:
        links.append((_("Children"), "/children"))
    else:
        if user.role != Role.STUDENT:
            links.append((_("Classes"), "/classes"))
        if user.allows(GRADING):
            links.append((_("Grading"), "/grading"))
        links.append((_("Analytics"), "/analytics"))
    if user.allows("item:read") or user.allows("exam:*"):
        links.append((_("Item analysis"), "/analysis"))
    if user.role in STAFF_ROLES:
        links.append((_("Admin Console"), admin_url))
    return links


def _active(path: str, url: str) -> bool:
    return path == url or (url not in ("/", "") and path.startswith(f"{url}/"))
