import pytest

from tests.answers.samples import passage


@pytest.mark.parametrize(
    ("label", "location"),
    [("12", "page 12"), ("", "page 3"), ("iv", "page iv"), ("Sheet1", "Sheet1"), ("slide 2", "slide 2")],
)
def test_the_location_is_what_a_person_would_call_the_page(label, location):
    assert passage("Text.", page_number=3, page_label=label).location == location
