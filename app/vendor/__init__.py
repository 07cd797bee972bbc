"""The Amazon rail: purchase orders, acknowledgements, shipments, receipts."""

import os

# Left set, these make the kept library talk to another account's marketplace or fail on import.
for trap in ("SP_API_DEFAULT_MARKETPLACE", "AWS_ENV"):
    os.environ.pop(trap, None)
