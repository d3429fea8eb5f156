"""python -m acsctl: the command line, where its script is not on the path."""

from acsctl.cli import main

if __name__ == "__main__":
    main()
