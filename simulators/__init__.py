"""Servers that speak the real protocols of the outside world, each a program of its own."""
