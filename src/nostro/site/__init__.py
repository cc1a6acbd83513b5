"""Where the rooms are put together: settings, addresses, menu, demo brokerage, command line."""
