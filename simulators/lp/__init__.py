"""A liquidity provider: a FIX 4.4 acceptor that sends drop copies and answers for positions."""
