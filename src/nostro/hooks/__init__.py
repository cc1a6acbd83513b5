"""Webhooks out and API keys: how other systems listen to the house and speak with it."""
