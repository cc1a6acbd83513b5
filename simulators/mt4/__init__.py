"""A MetaTrader 4 server: its Report Server tables over the MySQL protocol, its plugin over TCP."""
