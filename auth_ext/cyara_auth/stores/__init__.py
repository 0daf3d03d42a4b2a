"""Where strikes are remembered: one module per kind of store, one Protocol for all."""
