"""The words of `python -m harness`: each command's options, what they may be, and the commands that only read runs."""
