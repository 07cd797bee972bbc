"""The screens in a real browser, inside the store's admin, over the whole running product."""
