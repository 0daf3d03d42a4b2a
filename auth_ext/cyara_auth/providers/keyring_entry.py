"""The credential in the system's keyring (extra `keyring`): one entry for each profile.

Absent is one thing: the package is not installed, there is no keyring, or it has no such entry; the next source is
asked. Locked, denied or broken is another: the user's credential is in there, and going on without it would take some
other one.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

import attrs

from cyara_auth._platform.folders import has_home
from cyara_auth.errors import CredentialSourceError, MissingExtraError
from cyara_auth.providers.renewal import LoginSource
from cyara_auth.providers.stored import StoredProvider

SERVICE = "cyara-client"
TIMEOUT_S = 10.0

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class KeyringProvider(StoredProvider):
    """Reads, and for `cyara auth login` writes, one entry of the keyring.

    The credential is absent when keyring or entry are. A keyring that is locked, denies access, fails or does not
    answer is a CredentialSourceError.

    Attributes:
        entry: Name of the entry, which is the profile's name.
        timeout: Seconds that the keyring may take.
    """

    entry: str
    timeout: float = TIMEOUT_S

    def _read(self) -> bytes | None:
        # An extra, and slow to import: its back ends are searched for in the metadata of every installed package.
        if not _is_installed():
            return None
        import keyring

        def fetch() -> bytes | None:
            text = keyring.get_password(SERVICE, self.entry)
            return None if text is None else text.encode()

        return self._ask(fetch)

    def write(self, text: str) -> bool:
        """Store the text of `write_stored`; return whether there is a keyring to store it in.

        Raises:
            MissingExtraError: The package `keyring` is not installed.
            CredentialSourceError: The keyring is locked, denies access, fails or does not answer.
        """
        if not _is_installed():
            raise MissingExtraError("The keyring needs an extra. Next: pip install 'cyara-client[keyring]'")
        import keyring

        def store() -> bool:
            keyring.set_password(SERVICE, self.entry, text)
            # The null keyring takes everything and keeps nothing, so what was stored is read back.
            return keyring.get_password(SERVICE, self.entry) == text

        return self._ask(store) is True

    def delete(self) -> None:
        """Delete the entry if there is one.

        Raises:
            CredentialSourceError: The keyring is locked, denies access, fails or does not answer.
        """
        if not _is_installed():
            return
        import keyring

        def delete() -> None:
            # To delete what is not there is an error to keyring; here it is what was wanted.
            if keyring.get_password(SERVICE, self.entry) is not None:
                keyring.delete_password(SERVICE, self.entry)

        self._ask(delete)

    def describe(self) -> LoginSource:
        """Name the source."""
        return LoginSource(f"keyring entry {self.entry}")

    def _ask(self, work: Callable[[], T]) -> T | None:
        """Do the work in a thread of its own, within the time, and translate what it raises."""
        from keyring.errors import KeyringLocked, NoKeyringError

        results: list[T] = []
        failures: list[BaseException] = []

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001  # handed to the waiting thread
                failures.append(error)

        # A keyring may wait for a dialogue that nobody sees. A daemon, because nothing can end a thread that waits so.
        thread = threading.Thread(target=run, name="cyara-keyring", daemon=True)
        thread.start()
        thread.join(self.timeout)
        if results:
            return results.pop()
        if not failures:
            raise self._failed(f"did not answer within {self.timeout:g} s")
        # A user without a home directory has no keyring: the library looks for its settings there, and ends.
        if isinstance(failures[0], NoKeyringError) or not has_home():
            return None
        if isinstance(failures[0], KeyringLocked):
            raise self._failed("is locked")
        # Back ends raise errors of their own libraries; their names help, their texts are not ours to vouch for.
        raise self._failed(f"failed ({type(failures[0]).__name__})")

    def _failed(self, what: str) -> CredentialSourceError:
        return CredentialSourceError(
            f"The keyring {what} (entry {self.entry}). Nothing was sent. Next: unlock it, or set CYARA_API_CREDENTIAL, "
            "or turn it off with PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring"
        )


def _is_installed() -> bool:
    # Late: the environment is asked first, and as a rule it has the credential.
    from importlib.util import find_spec

    return find_spec("keyring") is not None
