"""Alerts: rules with thresholds, told to people where they are, once each."""
