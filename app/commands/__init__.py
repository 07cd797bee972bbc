"""The commands of `holdfast`, one module for each group of them."""
