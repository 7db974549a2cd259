"""Sets of ids as pairs of first and last in one flat list: [1, 5, 8, 8] is 1 to 5 and 8."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator


def pack(ids: Iterable[int]) -> list[int]:
    """Ascending ids as intervals; an id that comes twice counts once."""
    packed: list[int] = []
    for number in ids:
        if packed and number <= packed[-1] + 1:
            packed[-1] = number
        else:
            packed += [number, number]
    return packed


def pairs(packed: list[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each interval."""
    return zip(packed[::2], packed[1::2], strict=True)


def size(packed: list[int]) -> int:
    return sum(last - first + 1 for first, last in pairs(packed))


def merged(many: Iterable[list[int]]) -> list[int]:
    """One list that covers what any of them covers."""
    whole: list[int] = []
    for first, last in sorted(pair for packed in many for pair in pairs(packed)):
        if whole and first <= whole[-1] + 1:
            whole[-1] = max(whole[-1], last)
        else:
            whole += [first, last]
    return whole


def contains(packed: list[int], number: int) -> bool:
    place = bisect_right(packed, number)
    return place % 2 == 1 or (place > 0 and packed[place - 1] == number)
