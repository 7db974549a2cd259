"""An item as its student's client sees it, and the way back from what the client sends. No key ever appears here.

Options to order, and targets to match, are shown in an order of their own for each attempt, and are known to the
client by their places in it: an id that counted the authored positions would tell the order itself. All other ids are
authored positions, from 1.
"""

from collections.abc import Mapping
from random import Random
from typing import Any

from exams.content import Content, content_of
from exams.scoring import AnswerSpec


def shown_item(spec: AnswerSpec, version: int, position: int, language: str, seed: int) -> dict[str, Any]:
    """The item of a reply of the exam loop; `seed` is the attempt's."""
    content = content_of(version, language)
    options, targets = content.options, content.targets
    if spec.kind == "ordering":
        options = tuple(options[place - 1] for place in shown_order(len(options), seed, version))
    if spec.kind == "matching":
        targets = tuple(targets[place - 1] for place in shown_order(len(targets), seed, version))
    return {
        "id": str(version),
        "position": position,
        "kind": spec.kind,
        "language": content.language,
        "passage_html": content.passage or None,
        "stem_html": content.stem,
        "options": _numbered(options),
        "targets": _numbered(targets),
        "gaps": _gaps(spec, content),
    }


def shown_order(count: int, seed: int, version: int) -> tuple[int, ...]:
    """The authored positions 1 … `count` in the order in which this attempt shows them, whenever it does."""
    # Sorting by draws, since Python promises the stream of `random` but not how `shuffle` uses it.
    source = Random(f"{seed}:{version}")  # noqa: S311 - a student may know the order: it is on the screen
    return tuple(sorted(range(1, count + 1), key=lambda _position: source.random()))


def authored_answer(spec: AnswerSpec, answer: Mapping[str, Any], version: int, seed: int) -> Mapping[str, Any]:
    """The answer with authored positions for shown places. What is no shown place stays for `scoring` to refuse."""
    if spec.kind == "ordering" and isinstance(answer.get("order"), list):
        order = shown_order(spec.options, seed, version)
        return {**answer, "order": [_authored(place, order) for place in answer["order"]]}
    if spec.kind == "matching" and isinstance(answer.get("pairs"), list):
        order = shown_order(spec.targets, seed, version)
        return {**answer, "pairs": [_authored_pair(pair, order) for pair in answer["pairs"]]}
    return answer


def shown_answer(spec: AnswerSpec, answer: Mapping[str, Any], version: int, seed: int) -> dict[str, Any]:
    """The inverse: what a client sends that means `answer`, whose positions are authored. For simulated students."""
    if spec.kind == "ordering":
        order = shown_order(spec.options, seed, version)
        return {**answer, "order": [order.index(option) + 1 for option in answer["order"]]}
    if spec.kind == "matching":
        order = shown_order(spec.targets, seed, version)
        return {**answer, "pairs": [[option, order.index(target) + 1] for option, target in answer["pairs"]]}
    return dict(answer)


def _authored(place: Any, order: tuple[int, ...]) -> Any:
    is_place = isinstance(place, int) and not isinstance(place, bool) and 1 <= place <= len(order)
    return order[place - 1] if is_place else place


def _authored_pair(pair: Any, order: tuple[int, ...]) -> Any:
    return [pair[0], _authored(pair[1], order)] if isinstance(pair, list) and len(pair) == 2 else pair


def _numbered(htmls: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"id": number, "html": html} for number, html in enumerate(htmls, start=1)]


def _gaps(spec: AnswerSpec, content: Content) -> list[dict[str, Any]]:
    return [
        {"number": gap, "kind": kind, "options": _numbered(content.gap_options.get(gap, ()))}
        for gap, kind in sorted(spec.gaps.items())
    ]
