"""Errors of the generated client."""


class CyaraError(Exception):
    """Root of every error of this package."""
