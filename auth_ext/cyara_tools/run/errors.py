"""What `cyara run` refuses by itself."""

from cyara_auth.errors import CyaraAuthError


class NothingSelectedError(CyaraAuthError):
    """A selector matched no campaign, or there is nothing to take up; the text says which. Nothing was started."""


class AlreadyRunningError(CyaraAuthError):
    """The campaign was running already, so it was not started; the text gives its run."""
