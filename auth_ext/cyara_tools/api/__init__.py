"""The operations of the document on the command line."""
