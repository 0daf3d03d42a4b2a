"""Child processes for what may hang, crash or print: the generator, and the verification of its package."""
