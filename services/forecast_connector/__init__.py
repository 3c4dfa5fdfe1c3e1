"""Forecast-Connector: the utility's forecasts, what a unit may offer at most, and the oracle that records it."""
