"""The recipes for CI, run as the vendors would run them."""
