"""Rules by which purchase orders are acknowledged without a person, tried on past orders first."""
