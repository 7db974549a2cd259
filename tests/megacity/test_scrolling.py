"""What scrolls sideways can be scrolled by keyboard, and says what it is (WCAG 2.1.1 and 4.1.2)."""

import re

from django.conf import settings

SCROLLS = re.compile(r'<div class="(?:[^"]* )?(?:table-wrap|table-scroll|scroll)(?: [^"]*)?"[^>]*>')


def test_every_scrolling_table_takes_the_focus_and_has_a_name():
    found, wanting, nameless = 0, [], []
    for template in sorted(settings.BASE_DIR.glob("templates/**/*.html")):
        text = template.read_text()
        for tag in SCROLLS.findall(text):
            found += 1
            if 'tabindex="0"' not in tag or "role=" not in tag:
                wanting.append(f"{template.name}: {tag}")
            name = re.search(r'aria-labelledby="([^"]+)"', tag)
            if "aria-label=" not in tag and not (name and f'id="{name[1]}"' in text):
                nameless.append(f"{template.name}: {tag}")
    assert found > 20
    assert not wanting
    assert not nameless
