"""`python -m api_gateway` is the gateway."""

from api_gateway.entrypoints.main import main

main()
