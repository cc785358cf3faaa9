"""In: what the student has written so far. Out: the tokens that may come next: every finished query is legal.

An LL(1) grammar over the search parameters of a FHIR version. A state is the stack of symbols still to be written;
`moves` says, for a symbol, which tokens may begin it and what each leaves to write. Sources: FHIR R4 search.html
(chaining, _has, modifiers by type, prefixes), docs/labelling-guide.md (braces).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fhirdistill.search import Registry, SearchParameter
from fhirdistill.student.symbols import RULES, Moves, Number, Stack, Symbol, each
from fhirdistill.student.vocabulary import MODIFIERS, RESULT_CODES, RESULTS, SPECIAL, Vocabulary

TEXT_MODIFIERS = ("text", "in", "not-in", "identifier")
END = Symbol("end")
SPANS = Symbol("spans")
START: Stack = (Symbol("search"),)


class Grammar:
    """The grammar of one registry in the tokens of one vocabulary."""

    def __init__(self, registry: Registry, vocabulary: Vocabulary) -> None:
        self.registry = registry
        self.vocabulary = vocabulary
        self.moves = lru_cache(maxsize=50_000)(self._moves)
        self.mask = lru_cache(maxsize=50_000)(self._mask)
        self.referring = _referring(registry)

    def advance(self, stack: Stack, token: str) -> Stack:
        """Return what is left to write after `token`; raises KeyError where the token is not allowed."""
        while stack:
            moves = self.moves(stack[0])
            if token in moves.after:
                return moves.after[token] + stack[1:]
            if not moves.nullable:
                break
            stack = stack[1:]
        raise KeyError(token)

    def number(self, stack: Stack) -> Number:
        """Say which numbers of the question `<number>` may point at."""
        return next((m.number for m in map(self.moves, stack) if "<number>" in m.after), "any")

    def _mask(self, stack: Stack) -> NDArray[np.bool_]:
        """Return the tokens that may come next, as booleans over the structural part of the vocabulary."""
        mask = np.zeros(self.vocabulary.structural, dtype=np.bool_)
        ids = self.vocabulary.ids
        for symbol in stack:
            moves = self.moves(symbol)
            mask[[ids[token] for token in moves.after if token in ids]] = True
            if not moves.nullable:
                break
        return mask

    def _moves(self, symbol: Symbol) -> Moves:
        if symbol.rule in RULES:
            return RULES[symbol.rule](symbol, self.vocabulary)
        rule = getattr(self, f"_rule_{symbol.rule.replace('-', '_')}")
        moves: Moves = rule(symbol)
        return moves

    # --- parameters ---

    def _rule_search(self, _: Symbol) -> Moves:
        types = {f"T:{t}": (Symbol("parameters", (t,)),) for t in self.registry.types}
        return Moves({"<unsupported>": (Symbol("stop"),), **types})

    def _rule_stop(self, _: Symbol) -> Moves:
        return Moves({"<eos>": ()})

    def _rule_parameters(self, symbol: Symbol) -> Moves:
        after: dict[str, Stack] = {"<eos>": ()}
        for token, stack in self.moves(Symbol("name", symbol.scope)).after.items():
            after[token] = (*stack, symbol)
        known = self.registry.parameters(symbol.scope[0])
        for name in (name for name in SPECIAL if name in known or name == "_list"):
            after[f"P:{name}"] = (Symbol("end-of-start"), symbol)
        for name in RESULTS:
            if name not in symbol.used:
                once = symbol.used | {name} if name not in ("_include", "_revinclude") else symbol.used
                again = Symbol("parameters", symbol.scope, used=once)
                after[f"P:{name}"] = (Symbol("result", symbol.scope, name), again)
        return Moves(after)

    def _rule_name(self, symbol: Symbol) -> Moves:
        after: dict[str, Stack] = {}
        for type_ in symbol.scope:
            for name, parameter in self.registry.parameters(type_).items():
                if _writable(parameter):
                    after.setdefault(f"P:{name}", (Symbol("rest", symbol.scope, name),))
        if any(self.referring.get(type_) for type_ in symbol.scope):
            after["<has>"] = (Symbol("has", symbol.scope),)
        return Moves(after)

    def _rule_has(self, symbol: Symbol) -> Moves:
        sources = {source for target in symbol.scope for source in self.referring.get(target, {})}
        return Moves({f"T:{source}": (Symbol("has-reference", symbol.scope, source),) for source in sources})

    def _rule_has_reference(self, symbol: Symbol) -> Moves:
        names = {name for target in symbol.scope for name in self.referring.get(target, {}).get(symbol.name, ())}
        return Moves({f"P:{name}": (Symbol("name", (symbol.name,)),) for name in names})

    def _rule_rest(self, symbol: Symbol) -> Moves:
        """After a parameter's name: a chain, a modifier, or its values."""
        parameter = self._find(symbol.scope, symbol.name)
        after = dict(self.moves(Symbol("values", symbol.scope, symbol.name)).after)
        for modifier in parameter.modifiers:
            if modifier in MODIFIERS:
                after[f"M:{modifier}"] = (Symbol("values", symbol.scope, symbol.name, modifier),)
        if parameter.type == "reference" and len(parameter.targets) == 1:
            after["<.>"] = (Symbol("name", parameter.targets),)
        elif parameter.type == "reference":
            after |= {f"T:{target}": (Symbol("name", (target,)),) for target in parameter.targets}
        return Moves(after, number=self.moves(Symbol("value", symbol.scope, symbol.name)).number)

    def _find(self, scope: tuple[str, ...], name: str) -> SearchParameter:
        return next(p for type_ in scope if (p := self.registry.parameter(type_, name)) is not None)

    def _component(self, scope: tuple[str, ...], composite: SearchParameter, part: int) -> SearchParameter:
        name, kind = composite.components[part]
        found = (self.registry.parameter(type_, name) for type_ in scope)
        return next((p for p in found if p is not None and p.type == kind), SearchParameter(name, kind))

    # --- values ---

    def _rule_values(self, symbol: Symbol) -> Moves:
        value = self.moves(Symbol("value", symbol.scope, symbol.name, symbol.modifier))
        more = Symbol("more", symbol.scope, symbol.name, symbol.modifier)
        return Moves({token: (*stack, more) for token, stack in value.after.items()}, number=value.number)

    def _rule_more(self, symbol: Symbol) -> Moves:
        return Moves({"<,>": (Symbol("values", symbol.scope, symbol.name, symbol.modifier),)}, nullable=True)

    def _rule_value(self, symbol: Symbol) -> Moves:
        if symbol.modifier == "missing":
            return Moves({"K:true": (), "K:false": ()})
        if symbol.modifier in TEXT_MODIFIERS:
            return Moves({"<start>": (END,)})
        parameter = self._find(symbol.scope, symbol.name)
        if parameter.type == "composite":
            return self._rule_component(Symbol("component", symbol.scope, symbol.name))
        return self._typed(symbol.scope, parameter)

    def _rule_component(self, symbol: Symbol) -> Moves:
        composite = self._find(symbol.scope, symbol.name)
        part = self._component(symbol.scope, composite, symbol.count)
        moves = self._typed(symbol.scope, part)
        if symbol.count + 1 == len(composite.components):
            return moves
        following = Symbol("dollar", symbol.scope, symbol.name, count=symbol.count + 1)
        return Moves({token: (*stack, following) for token, stack in moves.after.items()}, number=moves.number)

    def _rule_dollar(self, symbol: Symbol) -> Moves:
        return Moves({"<$>": (Symbol("component", symbol.scope, symbol.name, count=symbol.count),)})

    def _typed(self, scope: tuple[str, ...], parameter: SearchParameter) -> Moves:
        match parameter.type:
            case "token":
                return self._token(scope, parameter)
            case "date":
                return self._prefixed("date")
            case "number" | "quantity":
                return self._prefixed(parameter.type)
            case "reference":
                typed: dict[str, Stack] = (
                    {"</>": (Symbol("reference-type", parameter.targets),)} if len(parameter.targets) != 1 else {}
                )
                return Moves({"<start>": (END,), **typed})
            case _:
                return Moves({"<start>": (END,)})

    def _token(self, scope: tuple[str, ...], parameter: SearchParameter) -> Moves:
        codes: dict[str, Stack] = {
            f"K:{code}": () for type_ in scope for code in self.vocabulary.codes.get(f"{type_}.{parameter.name}", ())
        }
        if codes and parameter.binding == "required":
            return Moves(codes)
        return Moves({**codes, "<start>": (END,), "<{>": (Symbol("concept"),)})

    def _prefixed(self, rule: str) -> Moves:
        bare = self.moves(Symbol(rule))
        prefixes: dict[str, Stack] = {token: (Symbol(rule),) for token in self.vocabulary.of_kind("X")}
        return Moves({**prefixes, **bare.after}, number=bare.number)

    def _rule_reference_type(self, symbol: Symbol) -> Moves:
        return Moves({f"T:{t}": (Symbol("end-of-start"),) for t in symbol.scope or self.registry.types})

    def _rule_end_of_start(self, _: Symbol) -> Moves:
        return Moves({"<start>": (END,)})

    def _rule_end(self, _: Symbol) -> Moves:
        return Moves({"<end>": ()})

    def _rule_concept(self, _: Symbol) -> Moves:
        implied: dict[str, Stack] = dict.fromkeys(self.vocabulary.of_kind("W"), (SPANS,))
        return Moves({"<start>": (END, SPANS), **implied})

    def _rule_spans(self, _: Symbol) -> Moves:
        return Moves({"<start>": (END, SPANS)}, nullable=True)

    # --- the shape of the result ---

    def _rule_result(self, symbol: Symbol) -> Moves:
        match symbol.name:
            case "_sort":
                keys = self.moves(Symbol("sort-key", symbol.scope))
                return Moves({**keys.after, "<->": (Symbol("sort-key", symbol.scope),)})
            case "_count":
                return self.moves(Symbol("whole"))
            case "_elements":
                own = {f"E:{element}" for element in ("id", "meta", *self.registry.elements(symbol.scope[0]))}
                listed = (token for token in self.vocabulary.of_kind("E") if token in own)
                return Moves(each(listed, (Symbol("again", symbol.scope, symbol.name),)))
            case "_include" | "_revinclude":
                include = self.moves(Symbol("include", symbol.scope, symbol.name))
                return Moves({**include.after, "M:iterate": (Symbol("include", self.registry.types, symbol.name),)})
            case name:
                return Moves({f"K:{code}": () for code in RESULT_CODES[name]})

    def _rule_again(self, symbol: Symbol) -> Moves:
        rule = "include" if symbol.name in ("_include", "_revinclude") else "result"
        return Moves({"<,>": (Symbol(rule, symbol.scope, symbol.name),)}, nullable=True)

    def _rule_sort_key(self, symbol: Symbol) -> Moves:
        sortable = [
            n for n, p in self.registry.parameters(symbol.scope[0]).items() if p.type not in ("composite", "special")
        ]
        return Moves({f"P:{name}": (Symbol("again", symbol.scope, "_sort"),) for name in sortable})

    def _rule_include(self, symbol: Symbol) -> Moves:
        """`scope` is the type that is searched for, or with `:iterate` every type."""
        again = Symbol("again", symbol.scope, symbol.name)
        near = symbol.scope if symbol.name == "_include" else tuple(self.referring.get(symbol.scope[0], {}))
        sources = near if len(symbol.scope) == 1 else self.registry.types
        only = symbol.scope[0] if len(symbol.scope) == 1 else ""
        return Moves({f"T:{s}": (Symbol("include-name", (s,), symbol.name, only), again) for s in sources})

    def _rule_include_name(self, symbol: Symbol) -> Moves:
        """`modifier` holds the type that a `_revinclude` must point at, "" for any."""
        after: dict[str, Stack] = {"<*>": ()}
        for name, p in self.registry.parameters(symbol.scope[0]).items():
            if p.type == "reference" and (symbol.name == "_include" or symbol.modifier in ("", *p.targets)):
                target = (
                    (Symbol("include-target", p.targets),) if len(p.targets) > 1 and symbol.name == "_include" else ()
                )
                after[f"P:{name}"] = target
        return Moves(after)

    def _rule_include_target(self, symbol: Symbol) -> Moves:
        return Moves({f"T:{target}": () for target in symbol.scope}, nullable=True)


def _referring(registry: Registry) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return, for each type, the types that can refer to it and the parameters by which they do."""
    found: dict[str, dict[str, list[str]]] = {}
    for type_ in registry.types:
        for name, parameter in registry.parameters(type_).items():
            for target in parameter.targets if parameter.type == "reference" else ():
                found.setdefault(target, {}).setdefault(type_, []).append(name)
    return {target: {source: tuple(names) for source, names in sources.items()} for target, sources in found.items()}


def _writable(parameter: SearchParameter) -> bool:
    """Tell whether the student can write a value of the parameter."""
    if parameter.type == "composite":
        return bool(parameter.components) and all(
            kind not in ("composite", "special") for _, kind in parameter.components
        )
    return parameter.type != "special"
