"""What a simulated student of some ability answers: the score by the item's own model, then an answer worth it."""

from collections.abc import Mapping
from random import Random
from typing import Any

from exams.cat.items import probabilities
from exams.models import ItemVersion
from exams.numerals import written
from exams.pools import LoadedPool
from exams.presentation import shown_answer
from exams.scoring import AnswerSpec, right_answer, score
from megacity.demo.kinds import kind_items

# Wrong words for a short text; no item asks for them.
GUESSES = {"ko": ("모르겠음", "수소", "지구", "바다"), "en": ("no idea", "hydrogen", "magma", "ocean")}
TRIES = 60


def answer_of(
    ability: float, loaded: LoadedPool, index: int, *, item: Mapping[str, Any], seed: int, zone: str, rng: Random
) -> dict[str, Any]:
    """`option` or `answer` for the exam loop: what a student of `ability` (logits) sends for the item on the screen."""
    spec, version = loaded.answers[index], loaded.versions[index]
    if spec.kind == "essay":
        return {"answer": {"text": _essay(ability, version, item["language"], zone, rng)}}
    chances = probabilities(ability, loaded.pool.items.take([index])).ravel().tolist()
    wanted = rng.choices(range(len(chances)), chances)[0]
    if spec.kind == "single":
        return {"option": _option(spec, version, wanted == 1, rng)}
    return {"answer": shown_answer(spec, _worth(spec, wanted, item["language"], rng), version, seed)}


def _option(spec: AnswerSpec, version: int, is_right: bool, rng: Random) -> int:
    if is_right and spec.key:
        return spec.key
    wrong = [option for option in range(1, spec.options + 1) if option != spec.key]
    # Some mistakes are more tempting than others: each item has its own order of them.
    Random(version).shuffle(wrong)  # noqa: S311
    return rng.choices(wrong, [1 / (place + 1) for place in range(len(wrong))])[0]


def _worth(spec: AnswerSpec, wanted: int, language: str, rng: Random) -> dict[str, Any]:
    """An answer whose score is `wanted`, or comes nearest to it of many that were tried."""
    right = right_answer(spec, language) or {}
    if wanted == spec.max_score:
        return right
    tried = [_spoilt(spec, right, language, rng) for _n in range(TRIES)]
    return min(tried, key=lambda answer: abs((score(spec, answer, language).score or 0) - wanted))


def _spoilt(spec: AnswerSpec, right: Mapping[str, Any], language: str, rng: Random) -> dict[str, Any]:
    match spec.kind:
        case "multiple":
            chosen = [option for option in range(1, spec.options + 1) if rng.random() < 0.5]
            return {"options": chosen or [rng.randint(1, spec.options)]}
        case "ordering":
            order = list(right["order"])
            one, other = rng.sample(range(len(order)), 2)
            order[one], order[other] = order[other], order[one]
            return {"order": order if rng.random() < 0.5 else rng.sample(order, len(order))}
        case "matching":
            pairs = [pair if rng.random() < 0.5 else [pair[0], rng.randint(1, spec.targets)] for pair in right["pairs"]]
            return {"pairs": pairs}
        case "cloze":
            gaps = {
                gap: value if rng.random() < 0.5 else _filling(spec, int(gap), language, rng)
                for gap, value in right["gaps"].items()
            }
            return {"gaps": gaps}
    return {"text": _filling(spec, 0, language, rng)}


def _filling(spec: AnswerSpec, gap: int, language: str, rng: Random) -> int | str:
    kind = spec.gaps.get(gap, spec.kind)
    if kind == "choice":
        return rng.randint(1, spec.gap_options[gap])
    if kind == "numeric":
        number = next(key.number for key in spec.keys_of(gap) if key.number is not None)
        return written(round(number * rng.choice((0.1, 0.5, 2.0, 10.0)) + rng.choice((0.0, 1.0)), 4), language)
    return rng.choice(GUESSES.get(language, GUESSES["en"]))


def _essay(ability: float, version: int, language: str, zone: str, rng: Random) -> str:
    """One of the samples, the better ones for the more able."""
    code = ItemVersion.objects.values_list("item__code", flat=True).get(pk=version)
    samples = next(item.samples for item in kind_items(zone) if item.code == code)[language]
    place = round((len(samples) - 1) * min(1.0, max(0.0, (ability + rng.gauss(0, 0.6) + 2) / 4)))
    return samples[place]
