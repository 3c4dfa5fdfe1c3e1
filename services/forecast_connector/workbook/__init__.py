"""Reading the utility's workbooks: what is unmistakable is read, anything else refused with its sheet and cell."""
