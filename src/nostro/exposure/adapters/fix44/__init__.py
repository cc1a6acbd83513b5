"""A liquidity provider by FIX 4.4: drop copies, trade capture and positions."""

from nostro.exposure.adapters.fix44.adapter import Fix44
from nostro.exposure.adapters.fix44.settings import Fix44Settings

__all__ = ["Fix44", "Fix44Settings"]
