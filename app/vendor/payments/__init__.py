"""What Amazon has paid: remittances read from its finance, line by line, tied to our invoices."""
