"""One folder per vendor. An adapter knows the port, keeps no state and speaks to one vendor."""
