"""The last mile: lines of bank statements, tied to Amazon's payments."""
