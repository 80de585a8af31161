"""How the sync engine is started."""
