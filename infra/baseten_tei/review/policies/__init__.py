"""What an organization allows, for the policy pack and for the report: one configuration, one set of rules."""
