"""`Embedding`, `Reranker`, `Classifier`: one component per model, in any Pulumi program.

Each is three steps joined by the model's name and the config's digest, both known at preview:

    Model (whose name is it?) -> push (truss push) -> Environment (wait, gate, promote, scale), one or more

and where some model is gated, the stack's `Secret` comes before the models that need it, and goes after them.
A model all of whose environments are pinned has no push step.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import pulumi
from pulumi_command import local

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.plan import ModelPlan
from baseten_tei.deployment.push_job import Job, Stamp, stamp_environment, write_job
from baseten_tei.deployment.renaming.wanted_push import as_pushed
from baseten_tei.errors import UserError, did_you_mean
from baseten_tei.program.collector import (
    collect,
    collected_outputs,
    is_collecting,
    unknown_output,
)
from baseten_tei.program.context import context
from baseten_tei.program.outputs.environment_outputs import tell_model, tell_served
from baseten_tei.program.prepare import Ready, prepare, ready_alone
from baseten_tei.program.program_end import end_program
from baseten_tei.program.python.push_python import push_python
from baseten_tei.program.rehearsal import is_rehearsed, report_outputs, without_pins
from baseten_tei.program.resources import Environment, Model, Secret, or_none, state_id
from baseten_tei.program.stack_secret import stack_secret
from baseten_tei.program.variants.members import beside, read_members, ready_member
from baseten_tei.program.variants.turn import take_turn
from baseten_tei.spec.args import ClassifierArgs, EmbeddingArgs, ModelArgs, RerankerArgs
from baseten_tei.spec.spaces import Role, stack_name
from baseten_tei.spec.spec_parser import NAMESPACE
from baseten_tei.spec.type_tokens import COMPONENTS

PUSH = "truss push"
"""What an error message calls the step: pulumi-command runs it as the interpreter's last argument."""


class TeiModel(pulumi.ComponentResource):
    """A model served by TEI on Baseten. Use `Embedding`, `Reranker` or `Classifier`."""

    model_id: pulumi.Output[str]
    """The model's id on Baseten."""
    deployment_id: pulumi.Output[str]
    """The version that serves; another one after each push."""
    predict_url: pulumi.Output[str]
    """The task's own route."""
    sync_url: pulumi.Output[str]
    """Every route of the router is below this URL."""
    outputs: dict[str, Any]
    """All of the above and more, as docs/outputs.md lists them."""
    stack_name: str
    """Its name in the stack, which it shares with a `next` and a `previous`."""
    beside: Sequence["TeiModel"] = ()
    """Its `next` and its `previous`, where it has them."""
    _takes: type[ModelArgs]

    def __init__(
        self,
        name: str,
        args: ModelArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        team: str | None = None,
        secret: Secret | None = None,
        ready: Ready | None = None,
        after: Sequence[pulumi.Resource] = (),
        **unknown: object,
    ) -> None:
        """`secret` is what a gated model is pushed after; by default the stack's `hf_access_key`, which it registers.

        The model is made after what is in `after`, too. `ready` is this model if it was judged already, as a stack
        does with all of its models at once.
        """
        token = f"{COMPONENTS}{type(self).__name__}"
        args = _only_args(name, args, unknown, self._takes)
        self.stack_name = name if ready is None else stack_name(name, args.edition)
        if is_collecting():  # a command asks which models there are
            collect(name, args, team)
            super().__init__(token, name, {}, opts)
            self._tell_collected(name, args)
            return
        others: Mapping[Role, tuple[str, ModelArgs]] = {}
        if ready is None:
            (name, args), others = read_members(name, args)
        if is_rehearsed():
            args = without_pins(args)
            others = {role: (other, without_pins(it)) for role, (other, it) in others.items()}
        ready, plan, own, said = self._prepare(name, args, team, secret, ready)
        super().__init__(token, name, plan.component_inputs, opts)
        self._retained = args.on_removal == "retain" or bool(opts and opts.retain_on_delete)
        for warning in ready.warnings:
            pulumi.log.warn(warning, self)
        if said:
            pulumi.log.info(said, self)
        of_state = {"state_id": state_id().value}
        model = Model(
            f"{name}-model", {**plan.model_inputs, **of_state}, self._options(args, [*own, *after])
        )
        job = wanted_job(plan.job, model)
        before: list[pulumi.Resource] = [self._push(name, job, model)] if plan.pushed else [model]
        rotating = own[0] if own and args.redeploy_on_rotation else None
        environments: dict[str, Environment] = {}
        for environment_name, inputs in plan.environment_inputs.items():
            environments[environment_name] = Environment(
                f"{name}-{environment_name}",
                {**inputs, **_digest(inputs, job), **of_state, **_generation(rotating)},
                self._options(args, before),
            )
            # one takes a version over after the other
            before = [*before, environments[environment_name]]
        self._tell(plan, environments, ready.chosen, job.apply(lambda it: it.digest))
        if is_rehearsed():
            report_outputs(name, self.outputs)
        self.tell_spaces(
            {
                role: type(self)(
                    other, spec, beside(opts), team=team, secret=secret, after=after,
                    ready=ready_member(other, spec),
                )
                for role, (other, spec) in others.items()
            }
        )  # fmt: skip

    def tell_spaces(self, others: Mapping[Role, "TeiModel"]) -> None:
        """Add the models that stand beside this one under its name to its outputs; nothing where it is alone."""
        self.beside = tuple(others.values())
        if others:
            told = {"current": self.outputs, **{role: it.outputs for role, it in others.items()}}
            self.outputs["spaces"] = {role: tell_served(it) for role, it in told.items()}

    def _prepare(
        self,
        name: str,
        args: ModelArgs,
        team: str | None,
        secret: Secret | None,
        ready: Ready | None,
    ) -> tuple[Ready, ModelPlan, list[Secret], str | None]:
        """Make the model ready, and the secret that it needs, and say on which GPU it is where that is not the first.

        Ends the program with one line per problem.
        """
        if ready is None and pulumi.Config(NAMESPACE).get("models"):
            pulumi.log.warn(
                f"model {name!r} is registered beside those of {NAMESPACE}:models, and commands know those alone: "
                "write all models there, or register all of them"
            )
        try:
            ready, said = take_turn(ready or ready_alone(name, args, context()), team)
            plan = prepare(ready, context(), team)
            return ready, plan, [secret or stack_secret(name, team)] if args.gated else [], said
        except UserError as error:
            end_program(error)

    def _push(self, name: str, job: pulumi.Output[Job], model: Model) -> local.Command:
        python = push_python(context().root)
        command = local.Command(
            f"{name}-push",
            create=PUSH,
            update=PUSH,
            interpreter=list(python.interpreter),
            stdin=job.apply(lambda it: it.config),
            environment=pulumi.Output.all(job, _stamps(model)).apply(
                lambda it: stamp_environment(write_job(it[0], it[1][0]), it[1][1])
            ),
            logging=local.Logging.NONE,  # a progress bar without a line break would hang the engine
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[model],
                ignore_changes=["interpreter"] if python.keep else None,
            ),
        )
        command.stdout.apply(lambda told: _pass_on(told, self))
        return command

    def _tell(
        self,
        plan: ModelPlan,
        environments: Mapping[str, Environment],
        subject: Subject,
        digest: pulumi.Output[str],
    ) -> None:
        own = environments[plan.args.environment]
        self.model_id, self.deployment_id = own.model_id, own.deployment_id
        self.outputs = tell_model(plan, environments, subject, digest)
        self.predict_url, self.sync_url = self.outputs["predict_url"], self.outputs["sync_url"]
        self.register_outputs({"model_id": self.model_id, "predict_url": self.predict_url})

    def _tell_collected(self, name: str, args: ModelArgs) -> None:
        """What a program may read of a model in its first preview."""
        self.outputs = collected_outputs(name, args)
        self.model_id = self.deployment_id = self.predict_url = self.sync_url = unknown_output()
        self.register_outputs({})

    def _options(self, args: ModelArgs, after: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        """What stands on Baseten is protected by default, unless that Baseten is an emulator."""
        usual = self._protect or not context().target.loopback
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=list(after),
            protect=usual if args.protect is None else args.protect,
            retain_on_delete=self._retained,
        )


class _More(TypedDict, total=False):
    """What else `TeiModel` takes."""

    team: str | None
    secret: Secret | None
    ready: Ready | None
    after: Sequence[pulumi.Resource]


class Embedding(TeiModel):
    """A text embedding model: OpenAI's API at `{sync_url}/v1/embeddings`."""

    _takes = EmbeddingArgs

    if TYPE_CHECKING:  # at run time a wrong argument is one line

        def __init__(
            self,
            name: str,
            args: EmbeddingArgs,
            opts: pulumi.ResourceOptions | None = None,
            **more: Unpack[_More],
        ) -> None: ...


class Reranker(TeiModel):
    """A cross-encoder: `{sync_url}/rerank`."""

    _takes = RerankerArgs

    if TYPE_CHECKING:  # at run time a wrong argument is one line

        def __init__(
            self,
            name: str,
            args: RerankerArgs,
            opts: pulumi.ResourceOptions | None = None,
            **more: Unpack[_More],
        ) -> None: ...


class Classifier(TeiModel):
    """A sequence classifier: `{sync_url}/predict`."""

    _takes = ClassifierArgs

    if TYPE_CHECKING:  # at run time a wrong argument is one line

        def __init__(
            self,
            name: str,
            args: ClassifierArgs,
            opts: pulumi.ResourceOptions | None = None,
            **more: Unpack[_More],
        ) -> None: ...


CLASSES: Mapping[str, type[TeiModel]] = {
    "embedding": Embedding,
    "reranker": Reranker,
    "classifier": Classifier,
}
"""By task."""


def wanted_job(job: Job, model: Model) -> pulumi.Output[Job]:
    """Return the push that is wanted: the last one, where only the model's name is another since."""
    told = pulumi.Output.all(or_none(model.pushed_name), or_none(model.pushed_digest))
    return told.apply(lambda it: as_pushed(job, *it))


def _digest(inputs: Mapping[str, Any], job: pulumi.Output[Job]) -> dict[str, Any]:
    """The digest of an environment's version, unless it is pinned."""
    return {"digest": job.apply(lambda it: it.digest)} if inputs["digest"] else {}


def _stamps(model: Model) -> pulumi.Output[tuple[str, Stamp]]:
    """The push's generation, and whose words and id it stamps: as the state has them, for names alone push nothing."""
    told = pulumi.Output.all(
        model.generation,
        *map(or_none, (model.adopted, model.project, model.stack, model.stamp, model.known_as)),
    )
    return told.apply(
        lambda it: (it[0], Stamp(it[2], it[3], it[4], tuple(it[5] or ()), adopted=bool(it[1])))
    )


def _pass_on(told: str, model: TeiModel) -> None:
    """What the push had to say besides the ids, e.g. that truss names another URL than the outputs do."""
    note = json.loads(told).get("note") if told else None
    if note:
        pulumi.log.warn(note, model)


def _generation(secret: Secret | None) -> dict[str, Any]:
    """A new token restarts a model that asks for it: its count is an input, the token never is."""
    return {} if secret is None else {"secret_generation": secret.generation}


def _only_args(
    name: object, args: object, unknown: Mapping[str, object], wanted: type[ModelArgs]
) -> ModelArgs:
    """Return the spec. Ends the program where a component got another kind of spec, or arguments that it has not."""
    task = wanted.__name__.removesuffix("Args")
    write = f"write {task}({name if isinstance(name, str) else 'search'!r}, {wanted.__name__}(model_id=…))"
    for key in unknown:
        spec = f": {write}" if key in wanted.model_fields else "."
        hint = did_you_mean(key, _More.__annotations__) if spec == "." else ""
        end_program(UserError(f"model {name!r}: {task} has no argument {key!r}{spec}{hint}"))
    if not isinstance(name, str):
        end_program(UserError(f"{task} takes the model's name first: {write}"))
    if not isinstance(args, wanted):
        got = "nothing" if args is None else type(args).__name__
        end_program(
            UserError(f"model {name!r}: {task} takes {wanted.__name__}, not {got}: {write}")
        )
    return args
