"""What an answer looks like on standard output: a table for people, and text in a fixed form for programs."""
