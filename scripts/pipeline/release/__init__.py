"""`release`: one version of the client for one platform release.

The version is ``<platform>.<patch>``; the document is archived, so that the client of an older, on-premise portal can
be built again; the changelog says what changed, and README's table which version is for which platform.
"""
