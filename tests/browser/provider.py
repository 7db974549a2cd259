"""Give zone univ of the browser tests an identity provider: `python -m tests.browser.provider <issuer>`."""

import sys

import django


def main(issuer: str) -> None:
    from accounts.models import IdentityProvider
    from tests.issuer import SECRET
    from zones.context import get_zone, zone_context

    with zone_context(get_zone("univ")):
        row = IdentityProvider(
            kind="openid_connect", slug="school", name="하늘학교", client_id="city", issuer=issuer, is_enabled=True
        )
        row.keep_secret(SECRET)
        row.save()


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1])
