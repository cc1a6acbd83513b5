"""Benchmarks, one package each: `measure(seconds)` gives a result; its docstring says what of, and
`FLOORS` what is asked of which figure.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pkgutil import iter_modules

Figures = dict[str, int | float]


@dataclass
class Result:
    """What was measured, what it was measured beside in the same run, and how they compare."""

    figures: Figures = field(default_factory=dict)
    baselines: Figures = field(default_factory=dict)
    ratios: Figures = field(default_factory=dict)

    def as_object(self, name: str) -> dict[str, object]:
        return {"name": name, **asdict(self)}


@dataclass(frozen=True)
class Floor:
    """What is asked of a figure: so much at least, or with `most` so much at most."""

    asked: float
    most: bool = False

    def judge(self, value: float) -> str:
        """`at least 1.5: met`."""
        met = value <= self.asked if self.most else value >= self.asked
        word = "at most" if self.most else "at least"
        return f"{word} {self.asked:,}: {'met' if met else 'missed'}"


@dataclass(frozen=True)
class Benchmark:
    help: str
    measure: Callable[[int], Result]
    floors: dict[str, Floor]
    about: str


def benchmarks() -> dict[str, Benchmark]:
    """Every module of this package by its name. Django must not be set up to list them."""
    found = {}
    for one in iter_modules(__path__):
        module = import_module(f"{__name__}.{one.name}")
        text = (module.__doc__ or "").strip()
        title = text.split("\n\n")[0].replace("\n", " ")
        found[one.name] = Benchmark(title, module.measure, module.FLOORS, text)
    return found
