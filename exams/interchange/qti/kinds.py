"""The kinds of interactions: which of them we can ask, and what they are called."""

from django.utils.translation import gettext as _

INLINE = frozenset({"textentryinteraction", "inlinechoiceinteraction"})
WHOLE = frozenset(
    {
        "choiceinteraction", "orderinteraction", "matchinteraction", "associateinteraction", "gapmatchinteraction",
        "extendedtextinteraction", "sliderinteraction",
    }
)  # fmt: skip
# Played or pressed, but never scored.
PASSIVE = frozenset({"mediainteraction", "endattemptinteraction"})
# What the parts of an interaction to choose from are called.
OPTIONS = frozenset({"simplechoice", "inlinechoice", "simpleassociablechoice", "gaptext", "gapimg", "hottext"})


def kind_words(name: str) -> str:
    """What an interaction of this plain name asks for, in words."""
    kinds = {
        "hottext": _("choice of words in a text"),
        "hotspot": _("choice of spots in a picture"),
        "selectpoint": _("click on a picture"),
        "graphicorder": _("order of spots in a picture"),
        "graphicassociate": _("connection of spots in a picture"),
        "graphicgapmatch": _("filling of spots in a picture"),
        "positionobject": _("placing of objects on a picture"),
        "upload": _("file to upload"),
        "drawing": _("drawing"),
        "slider": _("slider"),
        "order": _("putting in order"),
        "match": _("matching"),
        "associate": _("pairing"),
        "gapmatch": _("filling of gaps with given words"),
        "extendedtext": _("essay"),
        "choice": _("multiple choice"),
        "media": _("recording"),
        "endattempt": _("button"),
    }
    kind = name.removesuffix("interaction")
    return str(kinds.get(kind, kind))
