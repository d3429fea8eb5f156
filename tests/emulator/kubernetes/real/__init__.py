"""The real control plane: its processes, their end, and what they keep."""
