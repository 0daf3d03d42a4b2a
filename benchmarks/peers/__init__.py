"""What people would write by hand, or with another library, for the documents of the benchmarks."""

TEXTS = 24
"""Text fields of an object of the benchmark `models`."""
