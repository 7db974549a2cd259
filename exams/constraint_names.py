"""What people call the constraints of a blueprint, whose names exams.configuration has given."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from exams.models import ExamConstraint, ItemVersion

AREA = re.compile(r"\barea:(\d+)\b")
OF_ITS_OWN = {
    "length": gettext_lazy("number of items"),
    "sets": gettext_lazy("number of passages"),
    "items_per_set": gettext_lazy("items of each passage"),
    "consecutive": gettext_lazy("items of a passage one after another"),
    "enemies": gettext_lazy("enemy items"),
}


def constraint_words(name: str, areas: Mapping[str, Any]) -> str:
    """A constraint such as "items area:3 algebra essay", or the id of an area, in words; `areas` are names by id."""
    if name in OF_ITS_OWN:
        return str(OF_ITS_OWN[name])
    if name in areas:
        return str(areas[name])
    labels = {**dict(ExamConstraint.Counted.choices), **dict(ItemVersion.Kind.choices)}
    said = " · ".join(str(labels.get(word, word)) for word in name.split())
    return AREA.sub(lambda found: str(areas.get(found[1], found[1])), said)
