"""The demo: the whole product on this machine, against the simulated outsiders."""
