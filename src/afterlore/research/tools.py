"""Tools: what an agent may call, declared by types; their results, with what comes from outside kept apart.

A tool is a name, a pydantic model of its arguments (or an annotated function) and something to await. It gets the
arguments checked, and what the run had found before this turn.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from afterlore.context.tokens import count_tokens
from afterlore.core import Hit, InputError, Page, ToolCall, ToolSpec, canonical_json, digest
from afterlore.research.findings import Findings
from afterlore.research.mend import Unfit, read_arguments

__all__ = ["Arguments", "Checked", "Datum", "Output", "Tool", "Tools", "key_of"]


class Arguments(BaseModel):
    """Base of a tool's arguments: frozen, and closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Datum:
    """A text from outside: shown to the model as data, and cut where it is too long."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """What a tool gave."""

    text: str
    """Our own words."""
    data: tuple[Datum, ...] = ()
    failed: bool = False
    """Whether nothing of what was asked could be done."""
    stale: bool = False
    """Whether nothing of it is new to the run."""
    queries: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    pages: tuple[tuple[str, Page], ...] = ()
    """Each with the address that was asked for, which may lead elsewhere."""


@dataclass(frozen=True)
class Tool:
    """One tool."""

    name: str
    description: str
    arguments: type[BaseModel]
    run: Callable[[Any, Findings], Awaitable[Output]]
    """Of the checked arguments and what was found before. May raise: an AfterloreError's text is shown to the model."""
    seconds: float = 60.0
    """How long one call may take."""

    @classmethod
    def of(cls, function: Callable[..., Awaitable[str | Output]], *, seconds: float = 60.0) -> "Tool":
        """An asynchronous function with annotated parameters and a docstring."""
        hints = get_type_hints(function, include_extras=True)
        fields: dict[str, Any] = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if name not in hints:
                raise InputError(f"tool {function.__name__!r}: annotate its parameter {name!r}")
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            fields[name] = (hints[name], default)
        model = create_model(f"{function.__name__}_arguments", __base__=Arguments, **fields)

        async def run(arguments: BaseModel, _: Findings) -> Output:
            found = await function(**{name: getattr(arguments, name) for name in fields})
            return found if isinstance(found, Output) else Output(found)

        return cls(function.__name__, inspect.getdoc(function) or "", model, run, seconds)

    @property
    def spec(self) -> ToolSpec:
        """As a model is told of it."""
        return ToolSpec(name=self.name, description=self.description, parameters=_parameters(self.arguments))


@dataclass(frozen=True, slots=True)
class Checked:
    """A call that was looked at before it is made."""

    call: ToolCall
    """With ``parsed`` filled in where the arguments fit."""
    tool: Tool | None = None
    arguments: BaseModel | None = None
    mended: bool = False
    problem: str = ""
    """Why it is not made, for the model; empty when it is."""
    key: str = ""
    """The same for calls that ask for the same; empty when it is not made."""


@dataclass(frozen=True)
class Tools:
    """The tools of a run, by name."""

    tools: tuple[Tool, ...]
    specs: tuple[ToolSpec, ...] = field(init=False)
    size: int = field(init=False)
    """Tokens of what a model is told of them, about."""

    def __post_init__(self) -> None:
        names = [tool.name for tool in self.tools]
        if len(set(names)) != len(names):
            raise InputError(f"two tools have one name: {', '.join(names)}")
        object.__setattr__(self, "specs", tuple(tool.spec for tool in self.tools))
        object.__setattr__(self, "size", sum(count_tokens(spec.to_json()) for spec in self.specs))

    @property
    def names(self) -> tuple[str, ...]:
        """In order."""
        return tuple(tool.name for tool in self.tools)

    def check(self, call: ToolCall) -> Checked:
        """Whether the call names a tool and its arguments fit."""
        tool = next((tool for tool in self.tools if tool.name == call.name), None)
        if tool is None:
            return Checked(call, problem=f"there is no tool {call.name[:80]!r}; valid tools: {', '.join(self.names)}")
        try:
            arguments, mended = read_arguments(call.arguments, tool.arguments)
        except Unfit as unfit:
            return Checked(call, tool, problem=f"{unfit}. {tool.name} takes: {_signature(tool.arguments)}")
        values = arguments.model_dump(mode="json")
        return Checked(
            call.model_copy(update={"parsed": values}), tool, arguments, mended, key=key_of(tool.name, values)
        )


def key_of(name: str, values: dict[str, Any]) -> str:
    """SHA-256 of the tool's name and its arguments in canonical form."""
    return digest(canonical_json([name, _ordered(values)]))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return [_ordered(one) for one in value] if isinstance(value, Sequence) and not isinstance(value, str) else value


@lru_cache(maxsize=64)
def _parameters(model: type[BaseModel]) -> dict[str, Any]:
    """The same for every run with the tool: making a schema takes as long as several turns of the loop."""
    schema = model.model_json_schema()
    return cast(dict[str, Any], _inlined(schema, schema.pop("$defs", {})))


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """Without references and titles: not every endpoint follows the first, no model needs the second."""
    if isinstance(schema, list):
        return [_inlined(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {
        name: _inlined(value, definitions)
        for name, value in schema.items()
        if not (name == "title" and isinstance(value, str))
    }


def _signature(model: type[BaseModel]) -> str:
    return canonical_json(_brief(model.model_json_schema().get("properties", {}).items()))


def _brief(properties: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: schema.get("type", "any") for name, schema in properties}
