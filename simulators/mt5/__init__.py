"""A MetaTrader 5 trade server seen from its Web API: accounts, money, trades and their traders."""
