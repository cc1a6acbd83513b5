"""Benchmarks, one module each: `measure(seconds)` gives figures; its docstring says what of."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

Figures = dict[str, int | float]


@dataclass(frozen=True)
class Benchmark:
    help: str
    measure: Callable[[int], Figures]


def benchmarks() -> dict[str, Benchmark]:
    """Every module of this package by its name. Django must not be set up to list them."""
    found = {}
    for one in iter_modules(__path__):
        module = import_module(f"{__name__}.{one.name}")
        found[one.name] = Benchmark((module.__doc__ or "").split("\n")[0], module.measure)
    return found
