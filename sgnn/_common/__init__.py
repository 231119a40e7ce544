"""What all wings need."""
