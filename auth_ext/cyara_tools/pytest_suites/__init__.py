"""Suite files as tests of pytest: a campaign is a class, a test result an item, the gate one more.

Nothing here is imported unless `--cyara` or `cyara_suites` asks for it.

Collecting reads what the campaigns list and starts nothing. The first item of a campaign that is set up runs it, by
`cyara run` in a process of its own; all its other items, in whichever worker, wait for that one run and report what it
brought.
"""
