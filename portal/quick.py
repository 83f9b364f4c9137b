"""Django's templates, rendered with less to do.

The language and the pages stay Django's own: the same parser builds the same nodes. What is known when a template is
loaded is written then (texts in the only language, addresses of files, icons), and variables are looked up on the short
way. Whatever is out of the ordinary goes Django's way, so that what is shown is the same.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.forms import BoundField
from django.template import Context, Origin, Template, TemplateDoesNotExist
from django.template.base import (
    FilterExpression,
    Lexer,
    Node,
    NodeList,
    Parser,
    TextNode,
    VariableNode,
    render_value_in_context,
)
from django.template.defaulttags import URLNode
from django.template.loader_tags import IncludeNode
from django.template.loaders import cached
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.html import escape
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]

from portal.links import link_to

ABSENT, UNUSUAL = object(), object()
ICON = "components/icon.html"

# Looking up. A name is taken from a dict, an attribute from anything that cannot be asked by name.

BY_NUMBER_ONLY = (str.__getitem__, list.__getitem__, tuple.__getitem__, BoundField.__getitem__)


def has_names(kind: type) -> bool:
    """Whether `value["name"]` may mean something, which Django tries before the attribute."""
    way = getattr(kind, "__getitem__", None)
    return way is not None and way not in BY_NUMBER_ONLY


class Kinds(dict):
    """Whether a type has names, found out once."""

    def __missing__(self, kind: type) -> bool:
        self[kind] = has_names(kind)
        return self[kind]


NAMED = Kinds()


def lookup(path: tuple[str, ...]) -> Callable[[Any], Any]:
    """Finds what `first.second.third` means; ABSENT where a name is not there, UNUSUAL where Django should look."""
    first, rest = path[0], path[1:]
    numbered = any(bit.isdigit() for bit in rest)

    def find(context: Any) -> Any:
        for level in reversed(context.dicts):
            if first in level:
                found = level[first]
                break
        else:
            return ABSENT
        if callable(found):
            found = called(found)
        for bit in rest:
            if found is UNUSUAL:
                return found
            kind = type(found)
            if kind is SimpleLazyObject:
                found = unwrapped(found)
                kind = type(found)
            if kind is dict:
                if bit not in found:
                    return UNUSUAL if hasattr(found, bit) else ABSENT
                found = found[bit]
            elif NAMED[kind]:
                return UNUSUAL
            else:
                try:
                    found = getattr(found, bit)
                except Exception:
                    return UNUSUAL
            if callable(found):
                found = called(found)
        return found

    return find if not numbered else lambda context: UNUSUAL


def called(found: Any) -> Any:
    """What a function gives, as Django calls it; what must not be called stays what it is."""
    if getattr(found, "do_not_call_in_templates", False):
        return found
    if getattr(found, "alters_data", False):
        return UNUSUAL
    try:
        return found()
    except Exception:
        return UNUSUAL  # Django asks again, and knows which exceptions are to be swallowed


def unwrapped(lazy: Any) -> Any:
    """The object that a lazy one stands for, once it was made."""
    lazy.__class__  # noqa: B018 asking anything makes it
    return lazy._wrapped


class Filter(NamedTuple):
    """A filter of an expression, with what it wants."""

    apply: Callable[..., Any]
    arguments: list[tuple[bool, Any]]  # (is it a variable, the variable or the text)
    by_time: bool
    options: tuple[str, ...]
    is_safe: bool

    def of(self, found: Any, context: Any) -> Any:
        given = [value.resolve(context) if is_variable else value for is_variable, value in self.arguments]
        if self.by_time:
            found = template_localtime(found, context.use_tz)
        made = self.apply(found, *given, **{name: getattr(context, name) for name in self.options})
        return mark_safe(made) if self.is_safe and isinstance(found, SafeData) else made


def filter_of(apply: Any, arguments: list[tuple[bool, Any]]) -> Filter:
    given = [(is_variable, value if is_variable else mark_safe(value)) for is_variable, value in arguments]
    options = ("autoescape",) if getattr(apply, "needs_autoescape", False) else ()
    by_time, is_safe = getattr(apply, "expects_localtime", False), getattr(apply, "is_safe", False)
    return Filter(apply, given, by_time, options, is_safe)


class Expression(FilterExpression):
    """A variable with its filters. What filters want is found out once."""

    __slots__ = ("find", "steps")

    def __init__(self, token: str, parser: Parser) -> None:
        super().__init__(token, parser)
        path = getattr(self.var, "lookups", None) if self.is_var else None
        self.find = lookup(path) if path else None
        self.steps = [filter_of(*one) for one in self.filters]

    def resolve(self, context: Any, ignore_failures: bool = False) -> Any:
        found = UNUSUAL if self.find is None else self.find(context)
        if found is ABSENT and ignore_failures:
            found = None
        if found is UNUSUAL or found is ABSENT:
            return super().resolve(context, ignore_failures)
        for step in self.steps:
            found = step.of(found, context)
        return found


class Shown(VariableNode):
    """A value on the page; texts need no second look at what they are."""

    def render_annotated(self, context: Any) -> str:
        value = self.filter_expression.resolve(context)
        kind = type(value)
        if kind is SafeString:
            return value
        if kind is str and context.autoescape:
            return escape(value)
        return render_value_in_context(value, context)


class Included(IncludeNode):
    """A part of a page under a fixed name, sought once."""

    found: Template | None = None

    def render(self, context: Any) -> SafeString:
        found: Any = self.found
        if found is None or found.engine is not context.template.engine:
            engine = context.template.engine
            found = self.found = engine.get_template(self.template.var)
        values = {name: value.resolve(context) for name, value in self.extra_context.items()}
        if self.isolated_context:
            return found.render(context.new(values))
        with context.push(**values), context.render_context.push_state(found):
            return found._render(context)


class Address(URLNode):
    """The address of one of our pages, by name and at most a key."""

    def render(self, context: Any) -> str:
        key = self.args[0].resolve(context) if self.args else None
        if self.args and type(key) is not UUID:
            return super().render(context)
        try:
            address = mark_safe(link_to(self.view_name.var, key))  # words and keys, nothing to escape
        except NoReverseMatch:
            return super().render(context)
        if self.asvar:
            context[self.asvar] = address
            return ""
        return address


def is_of_page(node: Node) -> bool:
    """Whether a fixed name says which page; the dictionaries' names hang on where one is."""
    if type(node) is not URLNode or node.kwargs or len(node.args) > 1 or not is_fixed(node.view_name):
        return False
    return not node.view_name.var.startswith("admin:")


# Writing what is known


def is_fixed(expression: FilterExpression) -> bool:
    """Whether a text stands there, not a variable."""
    if expression.filters:
        return False
    return not expression.is_var or expression.var.lookups is None


def known(node: Node, parser: Parser) -> str | None:
    """What a node always writes; None where that hangs on the page."""
    if isinstance(node, TranslateNode):
        fixed = is_fixed(node.filter_expression) and not node.asvar and not node.message_context
        return in_the_only_language(node) if fixed and len(settings.LANGUAGES) == 1 else None
    if type(node) is StaticNode and node.varname is None and is_fixed(node.path):
        return address_of(node)
    if type(node) is IncludeNode and is_named(node, ICON) and set(node.extra_context) == {"name"}:
        name = node.extra_context["name"]
        return icon(name.var, parser) if is_fixed(name) else None
    return None


def is_named(node: IncludeNode, name: str = "") -> bool:
    """Whether it includes a template by a fixed, whole name."""
    fixed = is_fixed(node.template) and isinstance(node.template.var, str)
    return fixed and (node.template.var == name if name else not node.template.var.startswith("."))


def in_the_only_language(node: TranslateNode) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return str(node.render(Context()))


def address_of(node: StaticNode) -> str | None:
    try:
        return str(node.render(Context()))
    except ValueError:  # not collected yet
        return None


def icon(name: str, parser: Parser) -> str | None:
    engine = getattr(parser, "engine", None)
    if engine is None:
        return None
    return engine.get_template(ICON).render(Context({"name": name}))


def quicker(node: Node, parser: Parser) -> Node:
    """The same node, or one that does the same with less."""
    if type(node) is VariableNode:
        return Shown(node.filter_expression)
    text = known(node, parser)
    if text is not None:
        return TextNode(text)
    if type(node) is IncludeNode and is_named(node):
        return Included(node.template, extra_context=node.extra_context, isolated_context=node.isolated_context)
    if is_of_page(node):
        return Address(node.view_name, node.args, node.kwargs, node.asvar)  # type: ignore[attr-defined]
    return node


# Loading


class QuickParser(Parser):
    engine: Any = None

    def compile_filter(self, token: str) -> FilterExpression:
        return Expression(token, self)

    def extend_nodelist(self, nodelist: NodeList, node: Node, token: Any) -> None:
        node.token, node.origin = token, self.origin  # type: ignore[assignment]
        node = quicker(node, self)
        last = nodelist[-1] if nodelist else None
        if type(node) is TextNode and type(last) is TextNode:
            last.s = mark_safe(last.s + node.s)
            return
        super().extend_nodelist(nodelist, node, token)


class QuickTemplate(Template):
    def compile_nodelist(self) -> NodeList:
        """As Django compiles it without debugging, through our parser."""
        engine = self.engine
        if engine.debug:
            return super().compile_nodelist()
        parser = QuickParser(
            Lexer(self.source).tokenize(), engine.template_libraries, engine.template_builtins, self.origin
        )
        parser.engine = engine
        nodelist = parser.parse()
        self.extra_data = parser.extra_data
        return nodelist


class Loader(cached.Loader):
    """Finds templates through other loaders and keeps them, as Django's own does."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        key = self.cache_key(template_name, skip)
        if key not in self.get_template_cache:
            for origin in self.get_template_sources(template_name):
                if skip is not None and origin in skip:
                    continue
                try:
                    contents: Any = self.get_contents(origin)
                except TemplateDoesNotExist:
                    continue
                self.get_template_cache[key] = QuickTemplate(contents, origin, str(template_name), self.engine)
                break
        return super().get_template(template_name, skip)  # also says what does not exist
