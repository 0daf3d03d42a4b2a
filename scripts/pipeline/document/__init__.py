"""A document as bytes, as JSON, and the walk over its nodes."""
