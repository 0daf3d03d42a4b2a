"""One hop over the wire: the only place where the credential becomes a header."""
