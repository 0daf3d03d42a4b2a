"""A Postman collection (v2.1) and its environment, made from the installed document.

Their scripts guard the token as far as a tool allows that forgets between its runs: nothing is sent without a pair that
can be one, and the first 401 ends the run.
"""
