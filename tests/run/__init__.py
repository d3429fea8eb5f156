"""Mirrors acsctl/run."""
