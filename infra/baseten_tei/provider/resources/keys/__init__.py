"""API keys: the resource, and the decisions about making, rotating and ending one."""
