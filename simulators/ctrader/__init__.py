"""A cTrader server: WebServices (REST over HTTPS) and Manager API (protobuf over TLS)."""
