"""The whole way, from a stack file through the command line to a local cloud and back."""
