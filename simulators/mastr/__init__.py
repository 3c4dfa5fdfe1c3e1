"""A stand-in for the Marktstammdatenregister: its bulk export and its SOAP web service, from a generated register."""
