"""What a Pulumi program registers: a stack, its components, its resources."""
