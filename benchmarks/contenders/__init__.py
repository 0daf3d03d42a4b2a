"""What people could use to call the API: this client, and what they would use instead of it.

Each contender is one module that is written as its users would write their script. It has the same three functions:
`connect` returns what a script holds, `campaign` makes one call with it, `read` makes an answer's bytes into what the
call returns. Importing the module is what is timed as the import, so it imports what such a script needs, and no more.

Contenders run in processes of their own (`worker.py`), some of them in an environment without this project: the
modules of this folder that they load import nothing of it.
"""
