"""The demo: a plant, its twin, a crash in the middle, and an account of what that cost."""
