"""`python -m cli`: what ./tbi hands over to."""

from cli.main import main

main(prog_name="./tbi")
