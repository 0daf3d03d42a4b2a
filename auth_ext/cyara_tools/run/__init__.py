"""`cyara run`: select campaigns, run them, judge what came of them, and report it."""
