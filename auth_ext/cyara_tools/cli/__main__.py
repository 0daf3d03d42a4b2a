"""`python -m cyara_tools.cli`, for machines where the script `cyara` is not on the path."""

from cyara_tools.cli import main

main()
