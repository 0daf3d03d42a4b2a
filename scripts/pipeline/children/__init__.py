"""Processes of their own for what may hang, crash or print: the generator, and the proof of its package."""
