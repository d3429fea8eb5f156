"""What tests of several rooms share: a stack in a local cloud, run through the real command line."""
