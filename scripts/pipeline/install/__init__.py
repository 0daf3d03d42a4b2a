"""The one step that touches the repository, journalled, so that it is done whole or not at all."""
