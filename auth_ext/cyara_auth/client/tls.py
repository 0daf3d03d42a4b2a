"""The TLS context of a client; what keeps it from being built is one sentence that names the setting."""

import os
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Never

from cyara_auth._http import httpx
from cyara_auth.errors import ConfigurationError

ClientCertificate = str | tuple[str, str] | tuple[str, str, str]


def tls_context(*, verify: ssl.SSLContext | str | Path | bool, cert: ClientCertificate | None) -> ssl.SSLContext:
    """Return the context for the transports of a client.

    Raises:
        ConfigurationError: a file of certificates is missing or damaged, or its key needs another password.
    """
    context = verify if isinstance(verify, ssl.SSLContext) else _authorities(verify=verify)
    if cert is not None:
        certificate, *others = (cert,) if isinstance(cert, str) else cert
        key, password = (*others, None, None)[:2]
        with _load_errors_name(f"The client certificate {certificate} (cert=)"):
            # Without any password, OpenSSL would ask the terminal for one, where nobody may be.
            context.load_cert_chain(certificate, key, _needs_password if password is None else password)
    return context


def _authorities(*, verify: str | Path | bool) -> ssl.SSLContext:
    if isinstance(verify, bool):
        named = [f"{name}={os.environ[name]}" for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)]
        with _load_errors_name(f"What the environment names as certificate authorities ({', '.join(named)})"):
            return httpx.create_ssl_context(verify=verify)
    with _load_errors_name(f"verify={verify}"):
        if Path(verify).is_dir():
            return ssl.create_default_context(capath=str(verify))
        return ssl.create_default_context(cafile=str(verify))


def _needs_password() -> Never:
    raise ConfigurationError(
        "The key of the client certificate is encrypted. Nothing was sent. Next: cert=(certificate, key, password)"
    )


@contextmanager
def _load_errors_name(what: str) -> Generator[None]:
    try:
        yield
    # OpenSSL's errors are of this kind, too. They say neither which file could not be read nor who named it.
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            f"{what} cannot be used: {reason}. Nothing was sent. Next: name a readable file in PEM format"
        ) from None
