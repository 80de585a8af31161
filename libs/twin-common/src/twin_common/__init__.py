"""The service chassis: bus, settings, errors, clock, metrics, logs, health, object store.

Everything that each Hanzo Twin service needs and none should write again. Import from the modules, not from
here.
"""
