"""Which items a fixed form consists of."""

from .model import BankExam, BankItem, ZoneBank


def fixed_form(bank: ZoneBank, exam: BankExam) -> tuple[BankItem, ...]:
    """Return the `max_items` items of a fixed exam, easiest first.

    Seats go to the areas by largest remainder; in each area the items are taken at even distances along the
    difficulty scale, so that a form says something about weak and strong candidates alike.
    """
    exact = {area: share * exam.max_items for area, share in exam.blueprint.items()}
    seats = {area: int(value) for area, value in exact.items()}
    by_remainder = sorted(exact, key=lambda area: exact[area] - seats[area], reverse=True)
    for area in by_remainder[: exam.max_items - sum(seats.values())]:
        seats[area] += 1
    chosen: list[BankItem] = []
    for area, count in seats.items():
        pool = sorted(bank.in_area(area), key=lambda item: (item.b, item.code))
        if len(pool) < count:
            raise ValueError(f"{bank.zone}: {exam.code}: {count} items of area {area} are needed, {len(pool)} exist")
        chosen.extend(pool[(2 * place + 1) * len(pool) // (2 * count)] for place in range(count))
    return tuple(sorted(chosen, key=lambda item: (item.b, item.code)))
