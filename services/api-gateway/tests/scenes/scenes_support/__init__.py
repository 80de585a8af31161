"""The gateway's scenes before the real control plane, on real object storage."""
