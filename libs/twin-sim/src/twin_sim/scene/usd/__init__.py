"""Reading a USD stage into a scene model."""
