"""What `connect` resolves and builds: addresses, options, retries, and the client itself."""
