"""Ages as the law counts them: full years, by the calendar of Seoul (Korean Civil Code, Articles 155 to 161)."""

from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from zones.problems import Invalid

SEOUL = ZoneInfo("Asia/Seoul")
# Below it a guardian consents in the child's place (Personal Information Protection Act, Article 22-2).
AGE_OF_CONSENT = 14
OLDEST = 120


def today() -> date:
    """The date in Seoul."""
    return timezone.now().astimezone(SEOUL).date()


def age_on(birth_date: date, day: date) -> int:
    """Full years. Who was born on 29 February grows older on 1 March of a common year."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def under_age(birth_date: date | None, day: date) -> bool:
    """Whether somebody is known to be under 14 on `day`."""
    return birth_date is not None and age_on(birth_date, day) < AGE_OF_CONSENT


def checked_birth_date(birth_date: date) -> date:
    """Raises Invalid (`birth_date`) for a day that is to come, or that nobody alive was born on."""
    if birth_date > today() or age_on(birth_date, today()) > OLDEST:
        raise Invalid(errors={"birth_date": [_("Nobody was born on this date.")]})
    return birth_date
