"""The life behind the bundled document: campaigns that run, test cases that can be imported, users that can be made."""
