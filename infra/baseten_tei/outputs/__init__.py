"""What a stack tells the services that use it: the words of its outputs, and what would break their readers."""
