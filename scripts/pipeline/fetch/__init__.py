"""Where a document comes from: a file, a URL, or a portal that has to be searched."""
