"""The credential that the caller handed over: it never changes, so a rejection of it is the end."""

import attrs

from cyara_auth.credential import ApiCredential


@attrs.frozen
class StaticProvider:
    """Returns one credential."""

    # Makes the provider unpicklable, too: a credential refuses to be.
    credential: ApiCredential

    def __call__(self) -> ApiCredential:
        """Return the credential."""
        return self.credential

    def version(self) -> object:
        """Return a constant: an argument does not change."""
        return None

    def describe(self) -> str:
        """Name the source."""
        return self.credential.source
