"""What takes several calls: to run a campaign, and to wait for what it brings."""
