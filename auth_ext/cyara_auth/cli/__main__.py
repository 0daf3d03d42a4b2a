"""`python -m cyara_auth.cli`, for machines where the script `cyara` is not on the path."""

from cyara_auth.cli import main

main()
