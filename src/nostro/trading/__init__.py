"""What they trade: platforms, groups, instruments, trading accounts, deals, positions."""
