"""The management API, through Baseten's official SDK: the calls that resources make, in our words.

`models`, `deployments`, `environments`, `secrets`, `api_keys`, `usage`: each has the calls about one noun of Baseten;
`calls` is how each of them is made: timeout, retries, errors in one line. The SDK is imported at the first
call, never at preview (1.5 s of CPU, measured on 0.13.1).
"""

from baseten_tei.baseten.api.api_errors import ApiError, NotFoundError
from baseten_tei.baseten.api.api_keys import ApiKeys
from baseten_tei.baseten.api.deployments import Deployments
from baseten_tei.baseten.api.environments import Environments
from baseten_tei.baseten.api.models import Models
from baseten_tei.baseten.api.secrets import Secrets
from baseten_tei.baseten.api.usage import Usage

__all__ = ["ApiError", "BasetenApi", "NotFoundError"]


class BasetenApi(Models, Environments, Deployments, Secrets, ApiKeys, Usage):
    """One account's models, deployments, environments, secrets, API keys and usage. Every method raises `UserError`.

    A `team` is a team's name or id; `None` is what the API key sees by itself.
    """

    def __repr__(self) -> str:
        return f"BasetenApi({self.target.management_url})"
