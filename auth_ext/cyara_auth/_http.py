"""The only import of the HTTP library by hand-written code, so that a fork of it can take its place in one line.

httpx has had no release since December 2024 and a maintained fork with the same interface exists. Everything in
``cyara_auth`` says ``from cyara_auth._http import httpx``; a test keeps it so.
"""

import httpx

__all__ = ["httpx"]
