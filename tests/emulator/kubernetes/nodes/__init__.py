"""Real nodes of the local cloud: what can be seen without root and programs, and in test_machine.py what needs both."""
