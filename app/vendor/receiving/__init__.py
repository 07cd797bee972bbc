"""What has become of the units that Amazon ordered, and who says that they were received."""
