"""The long stories, told over HTTP on real processes."""
