"""Bad input through the whole program: a clear message, the right exit code, no traceback, and nothing that was changed."""
