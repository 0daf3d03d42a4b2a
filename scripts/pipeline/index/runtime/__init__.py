"""Shared modules of the generated package, written by hand and copied verbatim.

`pipeline.index` copies every other module of this folder into `cyara_client`. They stand here as a package of their
own, so that they are linted, typed and tested like any hand-written code.
"""
