"""A model with a closed-form solution and a journal writer, for tests of everything that folds journals."""
