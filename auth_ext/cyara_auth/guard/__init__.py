"""What one process knows and does about strikes: it asks the store, waits, and settles what came back."""
