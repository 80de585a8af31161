"""What a user installs: the hanzo-twin command and the embedded stack."""
