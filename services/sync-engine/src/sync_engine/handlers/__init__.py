"""What the sync engine does when something happens."""
