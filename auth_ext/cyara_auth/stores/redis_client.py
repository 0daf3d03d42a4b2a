"""The client library's part of the Redis store: an address without secrets, a client without hidden retries."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.retry import Retry

from cyara_auth.errors import ConfigurationError

_CLUSTER_RETRIES: Final = 2
_FILES: Final = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


def address(url: str) -> str:
    """Return the part of a store's URL that may be shown: no user, no password, no options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def open_client(url: str, *, timeout: float, cluster: bool = False) -> Any:
    """Return a client, without a type since its own leaves most answers open; nothing is connected yet.

    That of a cluster is: it asks the node of the address for all others, and fails as a call does.

    Raises:
        ValueError: the client library does not understand the URL, or would take a piece of the password for something
            else: a password with `/`, `?` or `#` in it makes another address of it, which messages would show.
        TypeError: the URL has an option that no connection takes.
        ConfigurationError: a certificate's file is missing.
    """
    parts = urlsplit(url)
    # A socket's path may hold an @; in any other path it is the tail of a password that was not percent-encoded.
    stray = parts.scheme != "unix" and "@" in parts.path
    if parts.fragment or stray or any("=" not in item for item in parts.query.split("&") if item):
        raise ValueError("a user or password that is not percent-encoded")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    for name in _FILES:
        # The library's own error for a missing file does not say which one.
        if name in query and not Path(query[name]).is_file():
            raise ConfigurationError(
                f"The file that {name} names in the address of the strike store does not exist: {query[name]}. Next: "
                "correct the path, which is absolute"
            )
    username = unquote(parts.username) if parts.username else query.pop("username", None)
    password = unquote(parts.password) if parts.password else query.pop("password", None)
    # Not by urlunsplit, which would lose the slashes of unix:///path.
    bare = f"{address(url)}?{urlencode(query)}"
    settings: dict[str, Any] = {"decode_responses": True, "socket_timeout": timeout, "socket_connect_timeout": timeout}
    # No hidden attempts, which would hide where a connection leads; only a cluster's client knows where else to ask.
    settings["retry"] = Retry(NoBackoff(), _CLUSTER_RETRIES if cluster else 0)
    # An object of its own: the repr of a connection pool shows the settings, and with them a password.
    settings["credential_provider"] = redis.UsernamePasswordCredentialProvider(username, password) if password else None
    if cluster:
        many: Any = RedisCluster.from_url(bare, **settings)  # pyright: ignore[reportUnknownMemberType] - untyped there
        return many
    client: Any = redis.Redis.from_url(bare, **settings)  # pyright: ignore[reportUnknownMemberType] - untyped there
    # Nothing is connected; but an option that no connection takes is found now, and not at the first call.
    client.connection_pool.make_connection()
    return client
