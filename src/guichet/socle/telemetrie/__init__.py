"""What the house says about itself: logs, figures, health. Never who did what: that is the audit journal's."""
