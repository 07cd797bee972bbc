"""What spans both rails: the home screen, what crosses the border, and the connections."""
