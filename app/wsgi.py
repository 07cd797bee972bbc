"""What a WSGI server loads: `app.wsgi:application`."""

import gc

from app.web import create_app

application = create_app()
# All of this stays until the process ends. Without it, a collection in the middle of a long list of
# balances looks at every module again and holds that one answer up for a tenth of a second.
gc.collect()
gc.freeze()
