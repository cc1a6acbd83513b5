"""A bank that takes pain.001 and answers with pain.002, camt.053 and camt.054 over HTTP."""
