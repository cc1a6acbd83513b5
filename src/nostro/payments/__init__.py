"""Money in and out: methods, routing, deposits, withdrawals, transfers, providers."""
