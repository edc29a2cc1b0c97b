"""What the recipes share: the verdict of a program, by its exit status."""

from subprocess import CompletedProcess


class RejectedError(Exception):
    """The client rejected the server, in its own words."""


def verdict(ran: CompletedProcess[str]) -> str:
    """All that a program printed if it ended with status 0. Raises RejectedError, with that, if not."""
    printed = ran.stdout + ran.stderr
    if ran.returncode:
        raise RejectedError(f"exit status {ran.returncode}: {printed}")
    return printed
