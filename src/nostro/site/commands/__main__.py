"""`python -m nostro.site.commands`: the command line without its script."""

from nostro.site.commands import main

main()
