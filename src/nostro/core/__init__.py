"""The few mechanisms the house stands on: acts, operations, events, the log, access, jobs."""
