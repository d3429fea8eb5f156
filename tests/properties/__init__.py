"""What holds of every stack, whatever is in it: the stacks are made from the schemas of the kinds."""
