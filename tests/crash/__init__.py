"""Proof that the tool may be killed at any moment: nothing is made twice, nothing is lost, and running it again ends the same."""
