"""What a credential provider is: a callable that returns a credential, or `None` when it has none.

The distinction that everything else rests on: *absent* (`None`) lets the chain ask the next source, *malformed* (an
error) stops it.
"""

from typing import Protocol, runtime_checkable

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialSourceError


class CredentialProvider(Protocol):
    """Anything that can be called for a credential; a plain function will do."""

    def __call__(self) -> ApiCredential | None:
        """Return the credential, or `None` when this source has none.

        Raises:
            CredentialError: The source is there but unusable.
        """
        ...


@runtime_checkable
class VersionedProvider(Protocol):
    """A provider that can tell cheaply whether its source has changed."""

    def version(self) -> object:
        """Return something that differs whenever the source has changed; it never holds the secret."""
        ...


def call_provider(provider: CredentialProvider) -> ApiCredential | None:
    """Call a provider that somebody else wrote, and return its credential.

    Raises:
        CredentialSourceError: It returned something else, the text for example, which would fail at the first call.
        CredentialError: The source is there but unusable.
    """
    found = provider()
    # Somebody else's function may have been written without a type checker.
    if found is None or isinstance(found, ApiCredential):  # pyright: ignore[reportUnnecessaryIsInstance]
        return found
    raise CredentialSourceError(
        f"The {describe(provider)} returned a value of type {type(found).__name__}, not an ApiCredential. "
        "Nothing was sent. Next: let it return ApiCredential.parse(text)"
    )


def describe(provider: CredentialProvider) -> str:
    """Name a provider's source: by its own `describe()` if it has one, else by its name."""
    # No part of the Protocol, because a plain function is a provider too.
    own_describe: object = getattr(provider, "describe", None)
    if callable(own_describe):
        return str(own_describe())
    return f"provider {getattr(provider, '__qualname__', type(provider).__qualname__)}"
