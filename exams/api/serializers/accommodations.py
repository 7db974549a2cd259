"""What is granted to one student."""

from rest_framework import serializers


class AccommodationBody(serializers.Serializer):
    """It holds for every exam that is started from now on; what is left out is nothing."""

    extra_time_percent = serializers.IntegerField(
        min_value=0, max_value=300, default=0, help_text="50: 45 minutes where others have 30."
    )
    pause_minutes = serializers.IntegerField(
        min_value=0, max_value=240, default=0, help_text="In one exam, in all: the clock stands still."
    )
    large_print = serializers.BooleanField(default=False)
