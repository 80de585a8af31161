"""What the worker does with specs, journal records and the passing of time."""
