"""Reading payments."""
