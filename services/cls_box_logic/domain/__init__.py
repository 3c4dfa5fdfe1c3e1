"""Values and rules of the box: energy from samples, deliveries, orders. No framework, no network."""
