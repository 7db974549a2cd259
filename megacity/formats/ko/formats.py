"""Korean dates as browsers write them (Intl), which our pages' scripts use too; the half of the day comes first."""

DATETIME_FORMAT = "Y년 n월 j일 A g:i"
SHORT_DATE_FORMAT = "Y. n. j."
SHORT_DATETIME_FORMAT = "Y. n. j. A g:i"
