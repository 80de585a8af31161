"""Folds journals over simulations and publishes what they predict."""
