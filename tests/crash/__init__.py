"""Proof that the tool may be killed at any moment: nothing is made twice, nothing is lost, running it again ends the same."""
