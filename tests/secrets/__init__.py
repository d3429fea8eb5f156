"""A canary in every place that may hold a secret, and nowhere else ever."""
