"""What a new document means for users: three comparisons, in the words of the Python API.

The document (:mod:`.document`, rules of API change checkers), the Python surface (:mod:`.surface`, read with griffe),
and the behaviour (:mod:`.behaviour`, from the tables of operations).
"""
