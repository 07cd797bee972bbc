"""Asking Amazon for purchase orders: windows without a gap, pages read ahead, papers filed."""
