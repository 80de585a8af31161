"""How the worker reaches engines, object storage, files and the bus."""
