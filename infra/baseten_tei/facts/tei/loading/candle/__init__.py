"""candle: which model a repository becomes, the tensors it wants, its Dense layers."""
