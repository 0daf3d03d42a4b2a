"""What people would write by hand, or with another library, for the documents of the benchmarks."""
