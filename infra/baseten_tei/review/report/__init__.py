"""What a preview means: for models, money, traffic, consumers. Decisions; the command is `report`."""
