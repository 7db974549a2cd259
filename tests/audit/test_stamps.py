"""What the application stamps is what PostgreSQL gives back, for every value that the log may hold."""

import json
from datetime import UTC, datetime, timedelta, timezone

from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from audit.stamps import canonical_json, canonical_time, is_stamped, stamp

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
MOMENTS = st.datetimes(
    min_value=datetime(1900, 1, 2),
    max_value=datetime(9000, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-11, minutes=-30))]),
)


def test_details_and_times_come_back_as_they_were_stamped(in_univ):
    @given(value=st.dictionaries(TEXTS, VALUES, max_size=4), moment=MOMENTS)
    def law(value, moment):
        text = json.dumps(value, ensure_ascii=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::jsonb::text, (%s::timestamptz AT TIME ZONE 'UTC')::text", [text, moment])
            stored, at = cursor.fetchone()
        assert canonical_json(stored) == canonical_json(text)
        assert at == canonical_time(moment)

    law()


def test_a_stamp_holds_for_its_own_values_alone():
    moment = datetime(2026, 11, 25, 1, 2, 3, 400000, tzinfo=UTC)
    texts = ["univ", None, None, "~key", "update", "exam", "1"]
    made = stamp(moment, texts, "2001:db8::1", "", "{}")
    at = "2026-11-25 01:02:03.4"
    assert is_stamped(made, at, texts, "2001:db8:0::1", "", "{}")
    assert made != stamp(moment, texts, "2001:db8::1", "", "{}")
    for number in range(len(texts)):
        for other in ("x", "", None):
            if texts[number] != other:
                assert not is_stamped(made, at, [*texts[:number], other, *texts[number + 1 :]], "2001:db8::1", "", "{}")
    assert not is_stamped(made, at, texts, None, "", "{}")
    assert not is_stamped(made, at, texts, "2001:db8::1", " ", "{}")
    assert not is_stamped(made, at, texts, "2001:db8::1", "", '{"a":1}')
    assert not is_stamped(made, at, texts, "2001:db8::1", "", "no json")
    assert not is_stamped(made[:-1], at, texts, "2001:db8::1", "", "{}")
    assert not is_stamped(b"0000" + made[4:], at, texts, "2001:db8::1", "", "{}")
