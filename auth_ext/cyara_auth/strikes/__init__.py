"""What the three invalid calls mean, as pure functions of values: no clock, no file, no network."""
