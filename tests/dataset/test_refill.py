from __future__ import annotations

import random
import re

import pytest

from dataset.rows import ROWS, UNSUPPORTED, row
from fhirdistill.dataset.leaves import leaves, parsed
from fhirdistill.dataset.plan import copied, plan
from fhirdistill.dataset.refill import refill
from fhirdistill.dataset.row import Row
from fhirdistill.dataset.words import numbers, places
from fhirdistill.search import validate
from fhirdistill.search.ast import DateMath, DateValue, NumberValue, QuantityValue

SEEDS = range(40)


def shape(template: str) -> str:
    """Return a template without what a refill may change."""
    return re.sub(r"\{[^}]*\}|\d+(\.\d+)?|\|\|[^&,]*|=[A-Z][^&]*", "_", template.replace("-(", "("))


def keys(template: str) -> list[str]:
    return [part.partition("=")[0] for part in template.partition("?")[2].split("&")]


def refills(original: Row) -> list[Row]:
    return [refill(original, random.Random(seed), 1 if seed % 2 else 0.6) for seed in SEEDS]


@pytest.mark.parametrize("original", ROWS, ids=lambda r: r.id)
def test_a_refill_is_legal_and_keeps_every_parameter(original: Row) -> None:
    assert original.template
    for new in refills(original):
        assert new.template
        assert not [issue for issue in validate(new.template) if issue.severity == "error"]
        assert keys(new.template) == keys(original.template)
        assert (new.id, new.family, new.status) == (original.id, original.family, original.status)


@pytest.mark.parametrize("original", ROWS, ids=lambda r: r.id)
def test_every_text_of_the_template_stands_in_the_question(original: Row) -> None:
    for new in refills(original):
        for leaf in leaves(parsed(new.template or "")):
            text = copied(leaf)
            if text and text != "breast cancer":
                assert len(places(new.question, text)) == 1, (new.question, text)


@pytest.mark.parametrize("original", ROWS, ids=lambda r: r.id)
def test_every_number_of_the_template_stands_in_the_question(original: Row) -> None:
    for new in refills(original):
        said = {float(n.value) for n in numbers(new.question)}
        for leaf in leaves(parsed(new.template or "")):
            match leaf.value:
                case QuantityValue(_, number, _, _) | NumberValue(_, number):
                    assert float(number) in said, (new.question, new.template)
                case DateValue(_, DateMath() as math) if math.amount:
                    assert said & {abs(math.amount), abs(math.amount) - 1}, (new.question, new.template)
                case DateValue(_, str() as date):
                    assert date[:4] in new.question


@pytest.mark.parametrize("original", ROWS, ids=lambda r: r.id)
def test_the_same_seed_gives_the_same_refill_and_every_row_changes(original: Row) -> None:
    assert refill(original, random.Random(7)) == refill(original, random.Random(7))
    assert len({new.question for new in refills(original)}) > 10


@pytest.mark.parametrize("original", ROWS, ids=lambda r: r.id)
def test_the_rationale_speaks_of_the_new_things(original: Row) -> None:
    for new in refills(original):
        for leaf in leaves(parsed(original.template or "")):
            text = copied(leaf)
            gone = text and not places(new.question, text) and len(text) > 3 and text != "breast cancer"
            assert not (gone and places(new.rationale or "", text or "")), (text, new)


def test_where_the_label_counts_one_more_so_does_the_refill() -> None:
    for new in refills(ROWS[1]):
        said = next(n.value for n in numbers(new.question))
        assert f"gt{{today-({said}+1)y}}" in (new.template or "")
    for new in refills(ROWS[2]):
        low, high = (int(n.value) for n in numbers(new.question)[:2])
        assert low < high
        assert f"le{{today-{low}y}}&birthdate=gt{{today-{high + 1}y}}" in (new.template or "")
        assert f"{low} and {high + 1} years" in (new.rationale or "")


def test_ages_stay_ages() -> None:
    for original in ROWS[:4]:
        for new in refills(original):
            assert all(
                1 <= abs(int(age)) <= 96 for age in re.findall(r"birthdate=\w\w\{today-\(?(\d+)", new.template or "")
            )


def test_a_lab_brings_its_own_unit_in_question_and_label() -> None:
    units = set()
    for new in refills(ROWS[4]):
        values = [leaf.value for leaf in leaves(parsed(new.template or "")) if isinstance(leaf.value, QuantityValue)]
        assert len({value.code for value in values}) == 1
        assert float(values[0].number) < float(values[1].number)
        units.add(values[0].code)
    assert len(units) > 5


def test_a_lab_without_a_stated_unit_gets_none() -> None:
    plain = row(90, "ferritin under 30", "Observation?code={ferritin}&value-quantity=lt30", "Ferritin under 30.")
    for new in refills(plain):
        assert "||" not in (new.template or "")


def test_years_shift_together_and_days_keep_their_order() -> None:
    for new in refills(ROWS[7]):
        first, last = re.findall(r"date=\w\w(\d{4})", new.template or "")
        assert int(last) - int(first) == 1
    for new in refills(ROWS[8]):
        first, last = re.findall(r"date=\w\w\d{4}-10-(\d\d)", new.template or "")
        assert int(last) - int(first) == 18
        assert f"{int(first)} October to {int(last)} October" in new.question


def test_a_question_keeps_its_case() -> None:
    for new in refills(ROWS[11]):
        assert new.question.isupper()
        assert re.search(r"location\.name=[^a-z&]+&", new.template or "")
    for new in refills(ROWS[13]):
        assert new.question.islower()


def test_words_that_two_concepts_share_stay() -> None:
    for new in refills(ROWS[13]):
        assert new.question.startswith("breast or lung cancer registry")


def test_the_article_fits_the_new_word() -> None:
    for new in refills(ROWS[9]):
        article, following = new.question.split()[:2]
        if following[0].lower() in "aei":
            assert article.lower() == "an", new.question
        if following[0].lower() in "bdgk":
            assert article.lower() == "a", new.question


def test_number_words_stay_numbers() -> None:
    spoken = [new for new in refills(ROWS[3]) if re.search(r"aged [a-z]+", new.question)]
    assert spoken
    for new in spoken:
        said = [n for n in numbers(new.question) if n.spoken]
        assert f"le{{today-{said[0].value}y}}" in (new.template or "")


def test_a_year_that_is_an_amount_elsewhere_is_left_alone() -> None:
    doubtful = plan("the 60 patients over 60", "Patient?birthdate=lt{today-60y}")
    assert doubtful.groups == ()


def test_a_number_that_the_template_implies_is_not_drawn() -> None:
    implied = row(
        91, "toddler lead above 3.5", "Observation?code={lead}&value-quantity=gt3.5&patient.birthdate=gt{today-4y}", ""
    )
    for new in refills(implied):
        assert not {4.0, 3.0} & {float(n.value) for n in numbers(new.question)}


def test_a_row_without_a_template_comes_back_as_it_is() -> None:
    assert refill(UNSUPPORTED, random.Random(1), 1) is UNSUPPORTED


def test_a_slot_of_which_the_rationale_speaks_in_other_words_stays() -> None:
    told = row(
        92, "who has kidney stones", "Patient?_has:Condition:patient:code={kidney stones}", "Stones of the kidney."
    )
    assert all(new == told for new in refills(told))
