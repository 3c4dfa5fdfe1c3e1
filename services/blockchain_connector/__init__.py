"""Between services and chain: performer (writes), reader (reads), watcher (tells), keeper (the market's clock)."""
