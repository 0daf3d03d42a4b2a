"""A client for the Cyara API that never burns your token: credentials, strike control and the front door.

The names below are all there is to import; each is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cyara_auth.client.cyara import Cyara, connect
    from cyara_auth.client.install import install
    from cyara_auth.client.retry import RetryPolicy
    from cyara_auth.credential import ApiCredential, CredentialFingerprint
    from cyara_auth.drift.drift import DriftError, overlay
    from cyara_auth.errors import InferredOperationError
    from cyara_auth.guard.guard import StrikeGuard
    from cyara_auth.providers import CredentialProvider
    from cyara_auth.redact import RedactingFilter
    from cyara_auth.stores.base import StrikeStore
    from cyara_auth.strikes.state import GuardPolicy
    from cyara_auth.transport.errors import TransportError
    from cyara_auth.transport.httpx_transports import AsyncGuardedTransport, GuardedTransport
    from cyara_auth.transport.wrap import find_unguarded
    from cyara_auth.workflows.polling import Pace
    from cyara_auth.workflows.start import CampaignStart
    from cyara_auth.workflows.verdict import CampaignOutcome, TestCaseOutcome

__all__ = ["ApiCredential", "AsyncGuardedTransport", "CampaignOutcome", "CampaignStart", "CredentialFingerprint"]
__all__ += ["CredentialProvider", "Cyara", "DriftError", "GuardPolicy", "GuardedTransport", "InferredOperationError"]
__all__ += ["Pace", "RedactingFilter", "RetryPolicy", "StrikeGuard", "StrikeStore"]
__all__ += ["TestCaseOutcome", "TransportError", "connect", "find_unguarded", "install", "overlay"]

_HOMES = {
    name: home
    for home, names in {
        "client.cyara": "Cyara connect",
        "client.install": "install",
        "client.retry": "RetryPolicy",
        "credential": "ApiCredential CredentialFingerprint",
        "drift.drift": "DriftError overlay",
        "errors": "InferredOperationError",
        "guard.guard": "StrikeGuard",
        "providers": "CredentialProvider",
        "redact": "RedactingFilter",
        "stores.base": "StrikeStore",
        "strikes.state": "GuardPolicy",
        "transport.errors": "TransportError",
        "transport.httpx_transports": "AsyncGuardedTransport GuardedTransport",
        "transport.wrap": "find_unguarded",
        "workflows.polling": "Pace",
        "workflows.start": "CampaignStart",
        "workflows.verdict": "CampaignOutcome TestCaseOutcome",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> object:
    # Loaded at first use: who wants only a credential or an error does not pay for the client.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    # Python asks here no more for what is found there.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
