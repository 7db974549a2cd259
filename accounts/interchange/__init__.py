"""Classes and people in other systems' formats: functions over bytes, which never write to the database."""
