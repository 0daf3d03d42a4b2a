"""Where an answer and the document differ, for `connect(strict=True)`."""
