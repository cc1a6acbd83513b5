"""One folder per trading platform; each knows its port and nothing else of the house."""
