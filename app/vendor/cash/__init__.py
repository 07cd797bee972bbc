"""Cash: when Amazon's money is due, how old what is open has become, and what it was reduced by."""
