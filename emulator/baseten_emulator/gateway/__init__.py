"""Calls of models: routing to a deployment, its pace, its wrong answers."""
