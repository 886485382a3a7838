"""Models with a variable more, or less."""

from fsstats.stats import variables_of
from fsstats.stats._formula import sides, term_of


def with_term(formula: str, name: str) -> str:
    """Add a variable to a model, unless it is in it.

    Examples
    --------
    >>> with_term("value ~ group + age", "eTIV"), with_term("value ~ eTIV", "eTIV"), with_term("value ~ age", "my site")
    ('value ~ group + age + eTIV', 'value ~ eTIV', 'value ~ age + `my site`')
    """
    return formula if name in variables_of(formula) else f"{formula} + {term_of(name, [name])}"


def without_term(formula: str, name: str) -> str | None:
    """Take a variable out of a model where it stands as a term of its own; None where it does not.

    Examples
    --------
    >>> without_term("value ~ group + age + eTIV", "eTIV"), without_term("value ~ group * eTIV", "eTIV")
    ('value ~ group + age', None)
    """
    response, right = sides(formula)
    terms = [term.strip() for term in right.split("+")]
    kept = [term for term in terms if term not in {name, f"`{name}`", f"C({name})", f"C(`{name}`)"}]
    if not kept or len(kept) == len(terms):
        return None
    less = f"{response} ~ {' + '.join(kept)}"
    return None if name in variables_of(less) else less
