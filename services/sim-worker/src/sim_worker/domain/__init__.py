"""What is true about running a twin, without bus, store, engine or clock."""
