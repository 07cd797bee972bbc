"""What a WSGI server loads: `app.wsgi:application`."""

import gc
from importlib import import_module

# All of this stays until the process ends, so nothing is looked for in it while it is loaded. Left
# unfrozen, a collection in the middle of a long list of balances would look at every module again and
# hold that one answer up for a tenth of a second.
gc.disable()
application = import_module("app.web").create_app()
gc.collect()
gc.freeze()
gc.enable()
