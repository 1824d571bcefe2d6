"""`python -m mathmill.cli`, where the command `mathmill` is not on the path."""

from mathmill.cli import main

if __name__ == "__main__":
    main()
