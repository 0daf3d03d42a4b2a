"""The simulated account: campaigns that run, test cases that can be imported, users that can be created."""
