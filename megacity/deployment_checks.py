"""`manage.py check --deploy`: what a production installation still leaves open to strangers."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

COOKIES = ("SESSION", "CSRF", "LANGUAGE")


@register(Tags.security, deploy=True)
def consoles_have_networks(app_configs, **kwargs) -> list[CheckMessage]:
    if settings.ADMIN_NETWORKS:
        return []
    return [
        Warning(
            "ADMIN_NETWORKS is empty: the consoles can be reached from anywhere.",
            hint="Name the networks of the staff: ADMIN_NETWORKS=203.0.113.0/24,2001:db8::/32",
            id="megacity.W001",
        )
    ]


@register(Tags.security, deploy=True)
def strangers_know_whom_to_tell(app_configs, **kwargs) -> list[CheckMessage]:
    if settings.SECURITY_CONTACT.startswith(("mailto:", "https:")):
        return []
    return [
        Warning(
            "SECURITY_CONTACT is no mailto: or https: address: /.well-known/security.txt is not there (RFC 9116).",
            id="megacity.W002",
        )
    ]


@register(Tags.security, deploy=True)
def cookies_belong_to_one_host(app_configs, **kwargs) -> list[CheckMessage]:
    """`__Host-`: set over TLS, for this host alone and for all of it; no neighbour can plant one."""
    found: list[CheckMessage] = []
    for kind in COOKIES:
        name = getattr(settings, f"{kind}_COOKIE_NAME")
        plain = not name.startswith("__Host-") or not getattr(settings, f"{kind}_COOKIE_SECURE")
        wide = getattr(settings, f"{kind}_COOKIE_DOMAIN") or getattr(settings, f"{kind}_COOKIE_PATH") != "/"
        if plain or wide or getattr(settings, f"{kind}_COOKIE_SAMESITE") not in ("Lax", "Strict"):
            found.append(Error(f"The cookie {name} is not bound to its host.", id="megacity.E010"))
    return found


@register(Tags.security, deploy=True)
def pages_ask_for_the_csrf_token(app_configs, **kwargs) -> list[CheckMessage]:
    csrf = "django.middleware.csrf.CsrfViewMiddleware"
    open_ones = [name for name in ("www", "app", "admin") if csrf not in settings.SURFACE_MIDDLEWARE[name]]
    return [Error(f"Pages of {name} are not guarded against CSRF.", id="megacity.E012") for name in open_ones]


@register(Tags.security, deploy=True)
def policies_allow_nothing_inline(app_configs, **kwargs) -> list[CheckMessage]:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    loose = [name for name, sources in directives.items() if {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(sources)]
    missing = [name for name in ("default-src", "object-src", "base-uri", "frame-ancestors") if name not in directives]
    if not loose and not missing:
        return []
    return [Error(f"The content policy is open at {', '.join(loose + missing)}.", id="megacity.E011")]
