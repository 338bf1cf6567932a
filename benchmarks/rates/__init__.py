"""How many steps and claims the running version does in a second."""
