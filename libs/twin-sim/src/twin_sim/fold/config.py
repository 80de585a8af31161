"""The version of the fold's arithmetic, and the bounds that every fold has."""

FOLD_VERSION = 1
"""Changes whenever the same journal would fold to another state; stamped into every genesis."""

CHAIN_BYTES = 16
