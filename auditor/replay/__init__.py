"""The market's actions, replayed through its model (`market/`), against what the chain says happened."""
