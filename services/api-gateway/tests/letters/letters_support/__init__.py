"""What the tests of dead letters and of the audit log share."""
