"""The HTTP library as hand-written code imports it: the one that the generated client chose, so the two never differ.

Everything in ``cyara_auth`` says ``from cyara_auth._http import httpx``; a test keeps it so.
"""

from cyara_client._http import httpx

__all__ = ["httpx"]
