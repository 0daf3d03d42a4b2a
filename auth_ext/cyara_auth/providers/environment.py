"""The credential in environment variables: the usual source in CI.

`CYARA_API_CREDENTIAL` holds the pair in any form that the portal shows, or the JSON form of a stored one, or
`CYARA_API_KEY` and `CYARA_API_TOKEN` hold its halves. A variable that is set but empty counts as present.
"""

import attrs

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialConflictError, CredentialNotFoundError
from cyara_auth.origin import Origin
from cyara_auth.providers.stored import check_origin, read_given
from cyara_auth.providers.variables import Variables

WHOLE = "CYARA_API_CREDENTIAL"
KEY = "CYARA_API_KEY"
TOKEN = "CYARA_API_TOKEN"  # noqa: S105  # the name of a variable


@attrs.frozen(kw_only=True)
class EnvironmentProvider:
    """Reads the variables.

    Attributes:
        variables: Where to look.
        origin: The portal that is to be called; `None` leaves the binding of a JSON form unchecked.
        allow_unusual_shape: As for `ApiCredential.parse`.
    """

    variables: Variables = attrs.field(factory=Variables)
    origin: Origin | None = None
    allow_unusual_shape: bool = False

    def __call__(self) -> ApiCredential | None:
        """Return the credential, or `None` when no variable is set.

        Raises:
            CredentialFormatError: A variable does not hold a pair.
            CredentialNotFoundError: One half is set, the other is not.
            CredentialConflictError: Both forms are set and differ.
            CredentialSourceError: The JSON form is damaged. CredentialOriginError: It belongs to another portal.
        """
        whole, halves = self._whole(), self._halves()
        # Both forms have the same rank; a choice between two pairs would be a guess that costs a strike.
        if whole is not None and halves is not None and whole != halves:
            raise CredentialConflictError(
                f"{WHOLE} (fingerprint {whole.fingerprint.short}) and {KEY} with {TOKEN} "
                f"(fingerprint {halves.fingerprint.short}) hold different pairs. Nothing was sent. "
                f"Next: unset {WHOLE}, or unset the other two"
            )
        return whole or halves

    def version(self) -> object:
        """Return a number that changes with the values, and does not disclose them."""
        # Python salts the hashes of texts in each process, so the number cannot be searched for outside.
        return hash(tuple(self.variables.get(name) for name in (WHOLE, KEY, TOKEN)))

    def describe(self) -> str:
        """Name the source."""
        halves_only = not self.variables.has(WHOLE) and self.variables.has(KEY)
        return f"environment variables {KEY} and {TOKEN}" if halves_only else f"environment variable {WHOLE}"

    def _whole(self) -> ApiCredential | None:
        # `has`, not `get`: CI systems hand over a secret that does not exist as an empty text. It is refused by the
        # parser; going on with another source would hide it.
        if not self.variables.has(WHOLE):
            return None
        source = f"environment variable {WHOLE}"
        stored = read_given(self.variables.get(WHOLE), source=source, allow_unusual_shape=self.allow_unusual_shape)
        return check_origin(stored, self.origin, source=source)

    def _halves(self) -> ApiCredential | None:
        if not self.variables.has(KEY) and not self.variables.has(TOKEN):
            return None
        for missing, present in ((KEY, TOKEN), (TOKEN, KEY)):
            if self.variables.get(present) and not self.variables.get(missing):
                state = "is empty" if self.variables.has(missing) else "is not set"
                raise CredentialNotFoundError(
                    f"{present} is set but {missing} {state}. Nothing was sent. "
                    f"Next: set {missing}, or put the whole key:token text into {WHOLE}"
                )
        return ApiCredential.parse(
            f"{self.variables.get(KEY)}:{self.variables.get(TOKEN)}",
            source=f"environment variables {KEY} and {TOKEN}",
            allow_unusual_shape=self.allow_unusual_shape,
        )
