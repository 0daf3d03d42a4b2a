"""What a tool refuses by itself."""

from cyara_client.errors import CyaraError


class ToolError(CyaraError):
    """A call of a tool that cannot be carried out; the text says what was not done, and what to do."""
