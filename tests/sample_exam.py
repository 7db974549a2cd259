"""An adaptive exam over made-up items of the current zone, for tests and benchmarks of delivery."""

from typing import Any

from exams.models import BlueprintArea, ContentArea, Exam, Item, ItemOption, ItemText, ItemVersion
from tests.exams.cat.banks import realistic_bank

OPTIONS = 4


def make_exam(code: str = "sample", *, size: int = 40, areas: int = 2, **fields: Any) -> Exam:
    """A published exam of `size` items with realistic parameters, in `areas` content areas of equal share.

    Every second item is right with option 1, the others with option 2.
    """
    places = [
        ContentArea.objects.create(code=f"{code}-area-{number}", name=f"Area {number}", position=number)
        for number in range(areas)
    ]
    parameters = realistic_bank(size, 1)
    items = Item.objects.bulk_create(
        [Item(code=f"{code}-{n}", area=places[n % areas], status=Item.Status.ACTIVE) for n in range(size)]
    )
    versions = ItemVersion.objects.bulk_create(
        [
            ItemVersion(
                item=item,
                number=1,
                key=n % 2 + 1,
                discrimination=float(parameters.a[n]),
                difficulty=float(parameters.b[n]),
                guessing=float(parameters.c[n]),
            )
            for n, item in enumerate(items)
        ]
    )
    stem = "Question {n}: for which $x$ is\n\n$$x^2 + {n} = \\frac{{1}}{{2}}$$\n\ntrue?"
    texts = ItemText.objects.bulk_create(
        [ItemText(version=version, language="ko", stem=stem.format(n=n)) for n, version in enumerate(versions)]
    )
    ItemOption.objects.bulk_create(
        [
            ItemOption(text_of=text, position=number, text=f"${number}$")
            for text in texts
            for number in range(1, OPTIONS + 1)
        ]
    )
    for item, version in zip(items, versions, strict=True):
        item.current = version
    Item.objects.bulk_update(items, ["current"])
    settings = {
        "status": Exam.Status.PUBLISHED,
        "languages": ["ko"],
        "min_items": 20,
        "max_items": 20,
        "time_limit_minutes": 60,
        **fields,
    }
    exam = Exam.objects.create(code=code, title="Sample", **settings)
    BlueprintArea.objects.bulk_create([BlueprintArea(exam=exam, area=area, share=1 / areas) for area in places])
    return exam
