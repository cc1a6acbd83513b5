"""One folder per protocol of a liquidity provider; each knows its port and nothing else."""

from nostro.exposure.adapters.fix44 import Fix44, Fix44Settings
from nostro.exposure.ports import DROP_COPIES

DROP_COPIES.put("fix44", Fix44, Fix44Settings)
