from answers.content_words import content_words, count_words, total_weight, word_weight


def test_stop_words_and_question_words_carry_no_content():
    words = content_words("What is the revenue of Boeing in 2018?")

    assert ["2018" in word for word in words] == [False, False, True]
    assert any(form.startswith("revenu") for form in words[0])


def test_a_word_counts_once_however_many_stems_it_may_have():
    (word,) = content_words("universities")

    assert total_weight([word], dict.fromkeys(word, 2.0)) == 2.0


def test_a_word_weighs_what_its_commonest_form_weighs():
    assert word_weight(frozenset({"univers", "universiti"}), {"univers": 1.5, "universiti": 9.0}) == 1.5
    assert word_weight(frozenset({"unknown"}), {}, default=3.0) == 3.0


def test_a_script_without_spaces_is_read_in_pairs():
    assert set(content_words("铁塔高度")) == {frozenset({pair}) for pair in ("铁塔", "塔高", "高度")}


def test_a_pair_of_thai_letters_is_only_a_part_of_a_word():
    assert count_words(content_words("หอไอเฟลสูงเท่าไร")) < len(content_words("หอไอเฟลสูงเท่าไร")) / 4


def test_nothing_has_no_words():
    assert content_words("  ?! ") == []
