"""Starts and stops what the demo and the tests run on: PostgreSQL, Valkey, and named processes.

`Servers` keeps the two servers in one data folder; `Processes` runs the product's own processes;
`ended_by_signals` turns Ctrl-C and its like into an orderly end. Production uses none of this.
"""

from app.supervisor.failures import SupervisorFailed
from app.supervisor.processes import Ended, Processes
from app.supervisor.servers import Servers
from app.supervisor.signals import Stopped, ended_by_signals

__all__ = ["Ended", "Processes", "Servers", "Stopped", "SupervisorFailed", "ended_by_signals"]
