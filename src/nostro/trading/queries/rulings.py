"""What the rules in force would say of an account, asked without keeping the answer."""

from collections.abc import Callable

from pydantic import BaseModel

from nostro.rules.deciding import BUILT_IN, compiled, explained
from nostro.rules.engine import compile_table, evaluate
from nostro.rules.models import Version
from nostro.rules.points import Point


def in_force[In: BaseModel, Out: BaseModel](point: Point[In, Out]) -> Callable[[In], Out]:
    """What the rules in force would say, for as many questions as one has. Nothing is kept:
    whoever acts on an answer decides anew.
    """
    with_words = in_force_with_words(point)
    return lambda asked: with_words(asked)[0]


def in_force_with_words[In: BaseModel, Out: BaseModel](
    point: Point[In, Out],
) -> Callable[[In], tuple[Out, str]]:
    """The same, each answer with why it came out so."""
    version = Version.objects.filter(point=point.name, status=Version.Status.ACTIVE).first()
    table = BUILT_IN[point.name]
    ready = compile_table(point, table)
    if version is not None:
        ready, table = compiled(version.pk, version.fingerprint)

    def answer(asked: In) -> tuple[Out, str]:
        outcome = evaluate(point, ready, asked)
        return outcome.output, explained(point, table, outcome)

    return answer
