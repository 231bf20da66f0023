"""Type tokens of a stack's resources. They are in every state: one changed character replaces every resource."""

COMPONENTS = "baseten-tei:index:"
"""How the types of the components begin; the name of the component's class follows."""
PROVIDER = "baseten:index:"
"""How the types of the provider's resources begin."""
MODEL = f"{PROVIDER}Model"
ENVIRONMENT = f"{PROVIDER}Environment"
SECRET = f"{PROVIDER}Secret"
STATE_ID = f"{PROVIDER}StateId"
API_KEY = f"{PROVIDER}ApiKey"
PUSH = "command:local:Command"


def component_type(task: str) -> str:
    """Return the type of a task's component: `baseten-tei:index:Embedding`."""
    return f"{COMPONENTS}{task.capitalize()}"


SCHEDULES = "autoscaling_schedules"
"""The input of an environment that holds its autoscaling schedules."""
