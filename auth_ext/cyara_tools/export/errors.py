"""What keeps an export from going on."""

from cyara_auth.errors import ConfigurationError


class ExportError(ConfigurationError):
    """The export cannot be made, or not go on; the text says what is kept, and the next step."""


class TooLargeError(ExportError):
    """The form of the file cannot hold what there is; nothing is kept."""
