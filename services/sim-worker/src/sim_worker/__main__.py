"""`python -m sim_worker` is the worker."""

from sim_worker.entrypoints.main import main

main()
