"""`python -m webhook` is `vm-affinity`."""

from webhook.cli import main

main()
