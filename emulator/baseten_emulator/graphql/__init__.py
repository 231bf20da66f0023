"""The GraphQL API that truss pushes through."""
