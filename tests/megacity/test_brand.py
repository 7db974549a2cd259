"""The registry, the colours of the marks and the map of the city say the same."""

import json
import re

from django.conf import settings

from zones.registry import ZONES

STATIC = settings.BASE_DIR / "static"


def test_the_registry_has_the_colours_of_the_marks():
    colours = json.loads((STATIC / "brand/colours.json").read_text())
    for spec in ZONES:
        brand = spec.brand
        shown = {"brand": brand.colour, "brand_ink": brand.ink, "brand_soft": brand.soft, "brand_2": brand.second}
        assert shown == colours[spec.zone_id], spec.zone_id


def test_the_map_draws_every_zone_in_its_colour():
    css = (STATIC / "css/city.css").read_text()
    for spec in ZONES:
        block = re.search(rf"\.zone-{spec.zone_id}\b[^{{]*{{[^}}]*}}", css)
        assert block, spec.zone_id
        assert spec.brand.colour in block[0], spec.zone_id


def test_every_zone_has_its_mark():
    for spec in ZONES:
        assert (STATIC / f"brand/{spec.zone_id}.svg").exists(), spec.zone_id


def test_brand_css_speaks_of_the_zone(client_for):
    css = client_for(None, surface="app", zone="college").get("/brand.css").content.decode()
    college = next(spec for spec in ZONES if spec.zone_id == "college")
    assert f"--brand:{college.brand.colour}" in css
