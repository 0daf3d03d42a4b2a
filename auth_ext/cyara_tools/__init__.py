"""What a person starts: the command line, the local portal and, as they come, reports, proxy and servers.

It stands on `cyara_auth` and `cyara_client`; nothing that a program imports knows it.
"""
