"""What analyses and calibrations point at, in words: what it is, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Flag:
    """`level`: "bad" wants a decision, "warn" a look, "note" is said so that nobody wonders."""

    code: str
    level: str
    title: str | Promise
    advice: str | Promise


_ALL = (
    # Of both.
    Flag("few", "note", _("too few answers to judge"), _("Wait for more answers before you conclude anything.")),
    Flag(
        "against",
        "bad",
        _("the able are wrong more often"),
        _("Look at the key first: it may name the wrong option, or two options may be defensible."),
    ),
    Flag(
        "weak",
        "warn",
        _("hardly separates strong from weak"),
        _("Read the question as a student would: is it ambiguous, or answered from something else than the subject?"),
    ),
    Flag(
        "noisy",
        "warn",
        _("more surprising answers than the model allows"),
        _("Careless mistakes or lucky guesses: look at who was surprised, and at the wording."),
    ),
    Flag(
        "regular",
        "note",
        _("answers more regular than the model expects"),
        _("It may repeat what another item asks; it does no harm to the scores."),
    ),
    Flag(
        "misfit",
        "warn",
        _("the curve does not fit the answers (S-X2)"),
        _("Compare the points with the curve; another model, or a new calibration, may describe it better."),
    ),
    # Of calibrations.
    Flag(
        "unsure",
        "warn",
        _("difficulty is not known precisely"),
        _("Give the item to more students near its difficulty before you rely on it."),
    ),
    Flag(
        "no_error",
        "warn",
        _("no standard errors"),
        _("There are too few answers for so many parameters; choose a simpler model."),
    ),
    Flag(
        "flat",
        "bad",
        _("discrimination is as good as none"),
        _("Its difficulty says nothing. Look at the key and at the wording; do not activate it."),
    ),
    Flag(
        "bound",
        "warn",
        _("a parameter ran to its bound"),
        _("A simpler model, or priors, would hold it."),
    ),
    Flag(
        "outside",
        "bad",
        _("parameters outside what the bank takes"),
        _("The item is far too easy, far too hard, or broken; it cannot be activated."),
    ),
    Flag(
        "shifted",
        "warn",
        _("difficulty has moved by more than half a logit"),
        _("If the old value was calibrated: has the item leaked, or has it been taught since?"),
    ),
    Flag(
        "anchor_moved",
        "warn",
        _("this anchor is not where the bank has it"),
        _("It pulls the scale with it. Calibrate again with this item among those to be estimated."),
    ),
    Flag(
        "unconnected",
        "warn",
        _("no answer connects it with the scale"),
        _("Nobody answered it together with an anchor; its place rests on the groups being alike."),
    ),
    # Of analyses.
    Flag("easy", "note", _("nearly everybody is right"), _("It tells little about these students.")),
    Flag(
        "hard",
        "warn",
        _("few are right"),
        _("Is the key correct? Has it been taught? Then it is for stronger students than these."),
    ),
    Flag(
        "misleading",
        "bad",
        _("a wrong option attracts the able"),
        _("Usually the key is wrong, or that option can be defended."),
    ),
    Flag("idle", "note", _("a wrong option that hardly anybody chooses"), _("Replace it by a mistake students make.")),
    Flag(
        "dependent",
        "warn",
        _("goes together with another item"),
        _("One may give the other away: make them enemies, or give them as a set."),
    ),
    Flag(
        "dif_slight",
        "note",
        _("works a little differently for a group (DIF, class B)"),
        _("Keep it in view; compare the wording in both groups' languages or lessons."),
    ),
    Flag(
        "dif_large",
        "bad",
        _("works differently for a group of equal ability (DIF, class C)"),
        _("Let people who know that group read it; rewrite or retire it unless the difference is what you test."),
    ),
    Flag(
        "often",
        "warn",
        _("given very often"),
        _("It will be known soon. Lower the exposure, or write more items like it."),
    ),
    Flag("easier", "bad", _("has become easier over the months"), _("It may have leaked: look when it began.")),
    Flag("harder", "warn", _("has become harder over the months"), _("Is it outdated, or shown wrongly?")),
    Flag("unstable", "warn", _("differs from month to month"), _("Look at what changed in those months.")),
)
FLAGS = {flag.code: flag for flag in _ALL}
LEVELS = ("bad", "warn", "note")


def flags_of(codes: Iterable[str]) -> list[Flag]:
    """The gravest first."""
    return sorted((FLAGS[code] for code in codes), key=lambda flag: LEVELS.index(flag.level))


def blocks(codes: Iterable[str]) -> bool:
    """Whether a person should decide before parameters with these flags are used.

    That a difficulty has moved is what calibrations are for, and speaks against nothing.
    """
    return any(FLAGS[code].level != "note" and code != "shifted" for code in codes)
