"""Autoscaling schedules: windows in which an environment scales by other settings."""
