"""A YAML text as a tree that still knows where each thing stands: depth, aliases and double keys are checked.

libyaml parses (yaml.v3, the engine's parser, is its translation to Go). The tree is built here, event by event:
PyYAML's own composer ends the process (SIGSEGV, measured on 6.0.3) at 100,000 levels.
"""

import re
from typing import Any

import yaml

from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import DEPTH, TOO_DEEP

Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it is built
PLAIN, TEXT = "", "tag:yaml.org,2002:str"
"""Tags of a word without quotes and without a tag, and of a quoted one."""
MAP, SEQUENCE = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"
_SOLIDUS = re.compile(r'"(?:[^\\]|\\[^/])*\\/', re.DOTALL)
_FEW, _SHARE, _MOST = 1_000, 0.99, 396_000
"""Nodes by aliases: any number among a few, this share of all, and never more (yaml.v3 `allowedAliasRatio`)."""


class Alias(yaml.Node):
    """`*name`; its value is the node that it stands for."""

    id = "alias"


def compose(text: str) -> yaml.Node | None:
    """Return the first document of a text, the only one that the engine reads; `None` without any.

    Raises `UserError` without the file's name.
    """
    try:
        return _Composer().compose(text)
    except yaml.YAMLError as error:
        raise UserError(f"is not valid YAML: {_problem(error)}: fix it") from error


def yaml_error(why: str, mark: Any) -> yaml.YAMLError:
    """Return an error at a place, as the parser's own are."""
    return yaml.MarkedYAMLError(problem=why, problem_mark=mark)


def _problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or str(error)
    return f"line {mark.line + 1}: {said}" if mark else " ".join(str(said).split())


class _Composer:
    """Events become nodes; `open` are the lists and mappings that have not ended, each with what it holds."""

    def __init__(self) -> None:
        self.root: yaml.Node | None = None
        self.open: list[tuple[yaml.Node, list[yaml.Node]]] = []
        self.anchors: dict[str, yaml.Node] = {}
        self.sizes: dict[int, tuple[int, int]] = {}
        self.write = self.aliased = 0

    def compose(self, text: str) -> yaml.Node | None:
        parser, solidus = Parser(text), "\\/" in text
        while not isinstance(
            event := parser.get_event(), (yaml.DocumentEndEvent, yaml.StreamEndEvent)
        ):
            if isinstance(event, yaml.ScalarEvent):
                if solidus:
                    _check_escapes(text, event)
                self._take(_scalar(event), event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._begin(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end(event)
            elif isinstance(event, yaml.AliasEvent):
                self._take(self._alias(event), event)
            elif isinstance(event, yaml.DocumentStartEvent) and event.version not in (None, (1, 1)):
                raise yaml_error("found incompatible YAML document", event.start_mark)
        return self.root

    def _take(self, node: yaml.Node, event: Any) -> None:
        self.write += 1
        if self.open:
            self.open[-1][1].append(node)
        else:
            self.root = node
        if event.anchor and not isinstance(node, Alias):
            self.anchors[event.anchor] = node

    def _begin(self, event: Any) -> None:
        if len(self.open) >= DEPTH:
            raise yaml_error(TOO_DEEP, event.start_mark)
        mapping = isinstance(event, yaml.MappingStartEvent)
        kind, tag = (yaml.MappingNode, MAP) if mapping else (yaml.SequenceNode, SEQUENCE)
        marks = event.start_mark, event.end_mark
        node = kind(event.tag or tag, [], *marks, flow_style=event.flow_style)
        self._take(node, event)
        self.open.append((node, []))

    def _end(self, event: Any) -> None:
        node, inside = self.open.pop()
        node.end_mark = event.end_mark
        node.value = inside
        if isinstance(node, yaml.MappingNode):
            node.value = list(zip(inside[::2], inside[1::2], strict=True))
            _check_keys(inside[::2])

    def _alias(self, event: Any) -> Alias:
        target = self.anchors.get(event.anchor)
        if target is None:
            raise yaml_error(f"unknown anchor {event.anchor!r} referenced", event.start_mark)
        if any(node is target for node, _ in self.open):
            raise yaml_error(f"anchor {event.anchor!r} value contains itself", event.start_mark)
        levels, size = self._measure(target)
        if len(self.open) + levels > DEPTH:
            raise yaml_error(TOO_DEEP, event.start_mark)
        self.aliased += size
        every = self.write + self.aliased
        if every > _FEW and self.aliased > min(_MOST, _SHARE * every):
            raise yaml_error("document contains excessive aliasing", event.start_mark)
        return Alias(target.tag, target, event.start_mark, event.end_mark)

    def _measure(self, node: yaml.Node) -> tuple[int, int]:
        """How many levels a node has, and how many nodes it is, its aliases written out."""
        if id(node) not in self.sizes:
            inside = [self._measure(it) for it in _inside(node)]
            levels = max((levels for levels, _ in inside), default=0)
            own = 0 if isinstance(node, (Alias, yaml.ScalarNode)) else 1
            self.sizes[id(node)] = own + levels, 1 + sum(size for _, size in inside)
        return self.sizes[id(node)]


def _check_escapes(text: str, event: Any) -> None:
    """Refuse `\\/`, which libyaml reads as YAML 1.2 does, and the engine does not."""
    written = text[event.start_mark.index : event.end_mark.index]
    if event.style == '"' and _SOLIDUS.match(written):
        raise yaml_error("found unknown escape character", event.start_mark)


def _scalar(event: Any) -> yaml.ScalarNode:
    quoted = event.style not in (None, "")
    tag = TEXT if quoted else PLAIN
    own = event.tag if event.tag not in (None, "!") else tag
    return yaml.ScalarNode(own, event.value, event.start_mark, event.end_mark, event.style)


def _check_keys(keys: list[yaml.Node]) -> None:
    known: dict[str, yaml.Node] = {}
    for key in keys:
        if not isinstance(key, yaml.ScalarNode):
            continue
        before = known.setdefault(key.value, key)
        if before is not key:
            line = before.start_mark.line + 1
            raise yaml_error(
                f"mapping key {key.value!r} already defined at line {line}", key.start_mark
            )


def _inside(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [it for pair in node.value for it in pair]
    if isinstance(node, Alias):
        return [node.value]
    return node.value if isinstance(node, yaml.SequenceNode) else []
