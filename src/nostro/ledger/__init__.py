"""Where the money is: accounts, entries, transfers, holds, exchange, periods."""
