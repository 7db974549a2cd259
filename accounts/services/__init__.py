"""What people may do to people: every write of accounts, one transaction each, with its audit row."""
