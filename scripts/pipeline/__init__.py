"""The corridor from an OpenAPI document to an installed client.

    source -> upgrade -> overlay -> normalise -> inspect -> generate -> index -> verify -> lock -> install

Each stage is one module or folder here. Stages up to ``inspect`` are pure functions from document to document; the
following ones write into a staging folder; only ``install`` touches the repository, in one journalled step.
A document is a plain ``dict[str, Any]``, as read from JSON.
"""
