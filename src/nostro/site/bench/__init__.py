"""Benchmarks, one package each: `measure(seconds)` gives a result; its docstring says what of."""

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
class Benchmark:
    help: str
    measure: Callable[[int], Result]


def benchmarks() -> dict[str, Benchmark]:
    """Every module of this package by its name. Django must not be set up to list them."""
    found = {}
    for one in iter_modules(__path__):
        module = import_module(f"{__name__}.{one.name}")
        found[one.name] = Benchmark((module.__doc__ or "").split("\n")[0], module.measure)
    return found
