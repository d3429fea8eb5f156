"""Things that happen to stacks with every kind in them: told in the words of the command line, in a local cloud."""
