"""The checker's books: pure, one for each kind of thing that may be lost or doubled."""
