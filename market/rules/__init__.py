"""The rules, one module for each part of the market. Each function is one action of `contracts/README.md`, its
checks in the same order."""
