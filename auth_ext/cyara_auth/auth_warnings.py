"""Every warning of `cyara_auth`: what goes on for now, and will not for ever."""


class CyaraAuthWarning(UserWarning):
    """Root of the warnings of `cyara_auth`."""


class CredentialExpiryWarning(CyaraAuthWarning):
    """The credential will expire soon; replace it before it does."""


class PrivateStoreWarning(CyaraAuthWarning):
    """Strikes are counted in this process only, because no folder for a store could be written."""


class StrikeStoreRolledBackWarning(CyaraAuthWarning):
    """The store has lost writes, and perhaps strikes, that this process had seen."""
