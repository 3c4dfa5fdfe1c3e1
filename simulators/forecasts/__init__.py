"""The utility's forecast department: workbooks for a region, from a seed."""
