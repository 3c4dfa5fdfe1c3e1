"""A market's day in three short slots, narrated, and checked row by row against the model (`./tbi demo`)."""
