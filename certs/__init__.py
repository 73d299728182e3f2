"""The webhook's own certificate authority, for clusters without cert-manager.

values      what certificates, keys, names and problems are                          pure
pki         create, issue, describe; cryptography lives here                         pure
checks      what is wrong with a certificate at a given time                         pure
lifecycle   settle(stored, wanted, now): what to keep and what to issue, and why     pure
folder      the four files on disk, each replaced in one step                        I/O
options     what the command line takes, checked before anything is touched          pure
report      what `inspect` finds and how it is shown                                 pure
__main__    python -m certs init|inspect                                             I/O

Kept apart from `webhook` so that the serving process never holds the authority's key.
"""
