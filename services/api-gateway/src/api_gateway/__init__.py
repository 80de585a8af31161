"""The REST API of the platform: checks, turns requests into commands, answers from a read model."""
