"""What people concluded, and the labels that follow."""
