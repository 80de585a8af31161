"""Scenes, engines and the fold: a twin as a deterministic function of its journal. No bus in it."""
