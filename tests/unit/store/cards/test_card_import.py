"""What a person drops in is read, planned file by file, and written exactly so."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speakdesk.domain.errors import PersonaError, Problem
from speakdesk.store.cards.card import Card, decode_chunk, encode_chunk
from speakdesk.store.cards.found import FoundPersona
from speakdesk.store.cards.plan import FileAction, PersonaAction, carry_out, plan_import
from speakdesk.store.cards.png import plain_png, read_chunks, texts, with_texts
from speakdesk.store.cards.reading import read_any, read_bytes
from speakdesk.store.cards.writing import Form, export
from speakdesk.store.personas.check import Vocabulary
from speakdesk.store.personas.library import PersonaLibrary
from speakdesk.store.personas.trash import PersonaTrash

PICTURES = Path(__file__).parents[3] / "fixtures" / "pictures"
V3: dict[str, Any] = {
    "spec": "chara_card_v3",
    "spec_version": "3.0",
    "data": {
        "name": "Mira",
        "nickname": "Mi",
        "description": "{{char}} runs workshops for {{user}}.",
        "personality": "warm, curious, brief",
        "scenario": "A remote workshop.",
        "first_mes": "*waves* Hello {{user}}, I am <BOT>!",
        "mes_example": "<START>\n{{user}}: hi\n{{char}}: hello",
        "creator_notes": "Made with love.",
        "system_prompt": "Stay kind.",
        "post_history_instructions": "",
        "alternate_greetings": ["Hi again."],
        "group_only_greetings": [],
        "tags": ["Workshop", "remote work"],
        "creator": "somebody",
        "character_version": "1.2",
        "assets": [
            {"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"},
            {"type": "background", "uri": "https://example.org/b.png", "name": "b", "ext": "png"},
        ],
        "extensions": {"other/app": {"deep": [1, 2, {"x": None}]}},
        "a_field_of_the_future": {"kept": True},
        "character_book": {
            "name": "World",
            "extensions": {"x": 1},
            "unknown": "kept",
            "entries": [
                {
                    "keys": ["agenda"],
                    "content": "@@depth 4\n@@constant\n\nThe agenda has three parts.",
                    "extensions": {"y": 2},
                    "enabled": True,
                    "insertion_order": 10,
                    "name": "Agenda: part/one?",
                    "id": 7,
                },
                {
                    "keys": ["secret"],
                    "content": "Off.",
                    "extensions": {},
                    "enabled": False,
                    "insertion_order": 11,
                },
            ],
        },
    },
}


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def as_png(value: object, keyword: str = "ccv3", picture: bytes = b"") -> bytes:
    packed = base64.b64encode(json.dumps(value).encode())
    return with_texts(read_chunks(picture or plain_png(8)), {keyword: packed})


def as_zip(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def library(tmp_path: Path) -> PersonaLibrary:
    made = PersonaLibrary(None, tmp_path / "user")
    made.load()
    return made


@pytest.fixture
def trash(tmp_path: Path) -> PersonaTrash:
    return PersonaTrash(tmp_path / "trash")


def taken_in(
    library: PersonaLibrary, trash: PersonaTrash, found: tuple[FoundPersona, ...]
) -> tuple[str, ...]:
    return carry_out(library, plan_import(library, "test", found, Vocabulary()), trash)


def test_a_card_becomes_a_persona(library: PersonaLibrary, trash: PersonaTrash) -> None:
    [found] = read_bytes(as_png(V3), "Mira.png")
    assert any("1 of 2 lorebook entries" in note for note in found.notes)
    assert taken_in(library, trash, (found,)) == ("mira",)
    mira = library.get("mira")
    assert mira.prompt == (
        "Stay kind.\n\nMira runs workshops for the user.\n\nScenario: A remote workshop.\n\n"
        "Examples of how you talk:\n\nthe user: hi\nMira: hello"
    )
    assert mira.characteristics == ("warm", "curious", "brief")
    assert mira.greeting == "Hello there, I am Mira!"
    assert (mira.tags, mira.aliases) == (("Workshop", "remote work"), ("Mi",))
    assert [(k.name, k.text) for k in mira.knowledge] == [
        ("Agenda part one.md", "The agenda has three parts.")
    ]
    assert mira.picture is not None
    assert texts(read_chunks(mira.picture.read_bytes())) == {}


@pytest.mark.parametrize("form", [Form.JSON, Form.PNG, Form.CHARX])
def test_a_card_goes_back_out_with_everything_that_was_in_it(
    form: Form, library: PersonaLibrary, trash: PersonaTrash
) -> None:
    taken_in(library, trash, read_bytes(as_png(V3), "Mira.png"))
    data = dict(card_in(export(library.get("mira"), form).content, form).data)
    ours = data["extensions"].pop("speakdesk")
    assert ours["readme"] == library.get("mira").source
    before = dict(V3["data"])
    assert data["assets"][1:] == before["assets"][1:]
    for value in (data, before):
        value.pop("modification_date", None)
        value.pop("assets")
    assert data == before


def test_what_was_changed_here_is_changed_in_the_card_and_nothing_else(
    library: PersonaLibrary, trash: PersonaTrash
) -> None:
    from dataclasses import replace

    from speakdesk.domain.persona import Knowledge

    taken_in(library, trash, read_bytes(as_json(V3), "mira.json"))
    mira = library.get("mira")
    changed = library.save(
        replace(
            mira,
            prompt="Another prompt.",
            knowledge=(
                Knowledge("Agenda part one.md", "Two parts now."),
                Knowledge("Fresh.md", "# Fresh\n\nNew."),
            ),
        ),
        mira,
    )
    data = card_in(export(changed, Form.JSON).content, Form.JSON).data
    assert (data["description"], data["scenario"], data["system_prompt"]) == (
        "Another prompt.", "", "",
    )  # fmt: skip
    assert data["first_mes"] == V3["data"]["first_mes"]
    assert data["personality"] == "warm, curious, brief"
    entries = data["character_book"]["entries"]
    assert [e.get("name") for e in entries] == ["Agenda: part/one?", None, "Fresh"]
    assert entries[0]["content"] == "Two parts now."
    assert (entries[0]["id"], entries[0]["extensions"]) == (7, {"y": 2})
    assert entries[1]["content"] == "Off."


def test_another_programs_changes_win_over_our_own_copy(
    library: PersonaLibrary, trash: PersonaTrash
) -> None:
    taken_in(library, trash, read_bytes(as_json(V3), "mira.json"))
    card = json.loads(export(library.get("mira"), Form.JSON).content)
    card["data"]["name"] = "Mara"
    card["data"]["first_mes"] = "Good day!"
    [found] = read_bytes(as_json(card), "mira.json")
    key = taken_in(library, trash, plan_keys(found, "mara"))[0]
    mara = library.get(key)
    assert (mara.name, mara.greeting) == ("Mara", "Good day!")
    assert mara.characteristics == ("warm", "curious", "brief")


def plan_keys(found: FoundPersona, key: str) -> tuple[FoundPersona, ...]:
    from dataclasses import replace

    return (replace(found, key=key),)


def card_in(content: bytes, form: Form) -> Card:
    if form is Form.PNG:
        return decode_chunk(texts(read_chunks(content))["ccv3"])
    if form is Form.CHARX:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read("card.json")
    return decode_chunk(base64.b64encode(content))


def test_older_cards_are_read(library: PersonaLibrary, trash: PersonaTrash) -> None:
    v1 = {"name": "Old", "description": "Helps.", "first_mes": "Hi.", "odd": [1]}
    v2 = {"spec": "chara_card_v2", "spec_version": "2.0", "data": {**v1, "name": "Two"}}
    newer = {"spec": "chara_card_v9", "spec_version": "9.1", "data": {"name": "Nine"}}
    assert taken_in(library, trash, read_bytes(as_json(v1), "a.json")) == ("old",)
    assert taken_in(library, trash, read_bytes(as_png(v2, "chara"), "b.png")) == ("two",)
    [found] = read_bytes(as_json(newer), "c.json")
    assert any("another version" in note for note in found.notes)
    exported = card_in(export(library.get("old"), Form.JSON).content, Form.JSON)
    assert exported.data["odd"] == [1]


def test_both_versions_stand_in_a_png_and_the_newer_counts(
    library: PersonaLibrary, trash: PersonaTrash
) -> None:
    taken_in(library, trash, read_bytes(as_png(V3), "Mira.png"))
    found = texts(read_chunks(export(library.get("mira"), Form.PNG).content))
    older = decode_chunk(found["chara"])
    assert older.text("creator_notes").startswith("This character card is Character Card V3")
    assert decode_chunk(found["ccv3"]).text("creator_notes") == "Made with love."
    only_v2 = export(library.get("mira"), Form.PNG, "chara_card_v2").content
    assert list(texts(read_chunks(only_v2))) == ["chara"]


REFUSED = {
    "a plain picture": (plain_png(8), "x.png", "no character card"),
    "no base64": (with_texts(read_chunks(plain_png(8)), {"chara": b"%%%"}), "x.png", "no base64"),
    "no json": (
        with_texts(read_chunks(plain_png(8)), {"chara": base64.b64encode(b"{")}),
        "x.png",
        "no JSON",
    ),
    "a cut picture": (as_png(V3)[:-20], "x.png", "damaged"),
    "a list": (b"{}", "x.json", "no character card"),
    "a deep hole": (b'{"a":' * 50_000, "x.json", "no JSON"),
    "not a number": (b'{"name": "A", "description": "B", "x": NaN}', "x.json", "no JSON"),
    "a lorebook": (as_json({"spec": "lorebook_v3", "data": {}}), "x.json", "lorebook"),
    "a cut charx": (as_zip({"card.json": as_json(V3)})[:-9], "x.charx", "damaged"),
    "an empty zip": (as_zip({"a.txt": b"x"}), "x.zip", "no persona"),
    "an empty README": (as_zip({"README.md": b"  "}), "x.zip", "empty"),
    "a program": (b"MZ\x90\0", "x.exe", "nothing a persona"),
    "no text": (b"\x00\x01", "x.md", "no text"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_persona_is_refused_in_words(name: str) -> None:
    content, file_name, words = REFUSED[name]
    with pytest.raises(PersonaError, match=words) as raised:
        read_bytes(content, file_name)
    assert raised.value.problem.next_step


@pytest.mark.parametrize("name", ["face.png", "face.jpg", "face.webp"])
def test_a_charx_brings_its_picture_of_any_kind(
    name: str, library: PersonaLibrary, trash: PersonaTrash
) -> None:
    picture = (PICTURES / name).read_bytes()
    card = json.loads(json.dumps(V3))
    card["data"]["assets"] = [
        {"type": "icon", "uri": "embeded://assets/icon/images/main", "name": "main", "ext": "x"},
        {"type": "emotion", "uri": "embeded://assets/smile.png", "name": "smile", "ext": "png"},
    ]
    data = as_zip(
        {
            "card.json": as_json(card),
            "assets/icon/images/main": picture,
            "assets/smile.png": picture,
            "assets/run.js": b"alert(1)",
        }
    )
    [found] = read_bytes(data, "mira.charx")
    assert any("1 further pictures" in note for note in found.notes)
    assert sorted(found.files) == sorted(
        ["README.md", "Agenda part one.md", f"picture{Path(name).suffix}", "card.json"]
    )
    taken_in(library, trash, (found,))
    there = library.get("mira").picture
    assert there is not None
    assert there.read_bytes() == picture
    again = read_bytes(export(library.get("mira"), Form.CHARX).content, "again.charx")[0]
    assert again.files[f"picture{Path(name).suffix}"] == picture


def test_nothing_is_fetched() -> None:
    card = json.loads(json.dumps(V3))
    card["data"]["assets"] = [
        {"type": "icon", "uri": "https://127.0.0.1:1/face.png", "name": "main", "ext": "png"}
    ]
    [found] = read_bytes(as_json(card), "mira.json")
    assert any("was not fetched" in note for note in found.notes)
    assert not any(name.startswith("picture") for name in found.files)


def test_a_zip_may_hold_several_and_leaves_out_what_is_no_persona() -> None:
    data = as_zip(
        {
            "README.md": b"# A collection of two",
            "pack/ada/README.md": b"# Ada\n\nHelp.",
            "pack/ada/Rules.md": b"rules",
            "pack/ada/run.sh": b"rm -rf /",
            "pack/ada/face.png": b"no picture at all",
            "pack/ada/CON.md": b"x",
            "pack/ada/inner/deep.md": b"x",
            "pack/bea/readme.md": b"# Bea\n\nHelp.",
        }
    )
    ada, bea = read_bytes(data, "pack.zip")
    assert (ada.key, bea.key) == ("ada", "bea")
    assert sorted(ada.files) == ["README.md", "Rules.md"]
    assert sorted(ada.left_out) == ["CON.md", "face.png", "inner/deep.md", "run.sh"]
    assert list(bea.files) == ["README.md"]


def test_one_that_cannot_be_read_does_not_hide_the_others() -> None:
    data = as_zip(
        {
            "pack/ada/README.md": b"# Ada\n\nHelp.",
            "pack/bad/README.md": b"# Bad\n\xe9\n",
            "pack/empty/README.md": b"",
        }
    )
    unread: list[Problem] = []
    assert [one.key for one in read_bytes(data, "pack.zip", unread)] == ["ada"]
    bad, empty = (problem.sentence for problem in unread)
    assert bad == "pack/bad: Line 2 of README.md is not UTF-8 text."
    assert "empty" in empty
    with pytest.raises(PersonaError, match="not UTF-8"):
        read_bytes(as_zip({"bad/README.md": b"# Bad\n\xe9\n"}), "pack.zip")


def test_two_folders_of_one_key_are_both_taken(library: PersonaLibrary) -> None:
    data = as_zip({f"{name}/README.md": b"# A\n\nHelp." for name in ("Bob!", "bob", "bob_2")})
    found = read_bytes(data, "pack.zip")
    assert sorted(one.key for one in found) == ["bob", "bob_2", "bob_3"]
    assert any("has the key bob" in note for one in found for note in one.notes)
    plan = plan_import(library, "pack.zip", found, Vocabulary())
    assert len(plan.personas) == 3


def test_a_folder_is_read_without_following_links(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("a secret")
    folder = tmp_path / "Ada Smith"
    folder.mkdir()
    (folder / "README.md").write_text("# Ada\n\nHelp.")
    os.symlink(secret, folder / "Linked.md")
    [found] = read_any(folder)
    assert (found.key, list(found.files)) == ("ada_smith", ["README.md"])
    assert "link" in found.left_out["Linked.md"]
    with pytest.raises(PersonaError, match="There is no file"):
        read_any(tmp_path / "nothing")


def test_a_strangers_server_does_not_come_along() -> None:
    readme = b"# Ada\r\n\r\nHelp.\r\n\r\n## Metadata\r\n- llm_base_url: https://evil.example/v1\r\n"
    [found] = read_bytes(readme, "ada.md")
    assert found.files["README.md"] == readme.replace(b" https://evil.example/v1", b"")
    assert any("evil.example" in note for note in found.notes)
    at_home = readme.replace(b"https://evil.example", b"http://127.0.0.1:11434")
    assert read_bytes(at_home, "ada.md")[0].files["README.md"] == at_home


def test_the_plan_says_what_will_change_before_anything_is_written(
    library: PersonaLibrary, trash: PersonaTrash
) -> None:
    folder = library.user / "ada"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# Ada\n\nMine.\n")
    (folder / "Same.md").write_text("same")
    (folder / "Stays.md").write_text("stays")
    library.load()
    found = read_bytes(
        as_zip({"README.md": b"# Ada\n\nTheirs.\n", "Same.md": b"same", "New.md": b"new"}),
        "ada.zip",
    )
    plan = plan_import(library, "ada.zip", found, Vocabulary())
    [one] = plan.personas
    assert one.action is PersonaAction.CHANGED
    assert {f.name: f.action for f in one.files} == {
        "README.md": FileAction.CHANGED,
        "Same.md": FileAction.SAME,
        "New.md": FileAction.NEW,
        "Stays.md": FileAction.STAYS,
    }
    assert one.overwrites == ("README.md",)
    assert (folder / "README.md").read_text() == "# Ada\n\nMine.\n"
    assert carry_out(library, plan, trash) == ("ada",)
    assert sorted(os.listdir(folder)) == ["New.md", "README.md", "Same.md", "Stays.md"]
    assert library.get("ada").prompt == "Theirs."
    [before] = trash.all()
    assert trash.restore(before.id).key == "ada_2"
    library.reload_changed()
    assert library.get("ada_2").prompt == "Mine."
    again = plan_import(library, "ada.zip", found, Vocabulary())
    assert again.personas[0].action is PersonaAction.SAME
    assert carry_out(library, again, trash) == ()


def test_a_plan_that_no_longer_holds_is_not_carried_out(
    library: PersonaLibrary, trash: PersonaTrash
) -> None:
    found = read_bytes(b"# Ada\n\nTheirs.\n", "ada.md")
    plan = plan_import(library, "ada.md", found, Vocabulary())
    (library.user / "ada").mkdir(parents=True)
    (library.user / "ada" / "README.md").write_text("# Ada\n\nCame meanwhile.\n")
    with pytest.raises(PersonaError, match="changed since the import was looked at"):
        carry_out(library, plan, trash)
    assert "meanwhile" in (library.user / "ada" / "README.md").read_text()


def test_another_key_keeps_both(library: PersonaLibrary, trash: PersonaTrash) -> None:
    found = read_bytes(b"# Ada\n\nHelp.\n", "ada.md")
    taken_in(library, trash, found)
    plan = plan_import(library, "ada.md", found, Vocabulary(), {"ada": "ada_2"})
    assert carry_out(library, plan, trash) == ("ada_2",)
    with pytest.raises(PersonaError, match="cannot be a persona's key"):
        plan_import(library, "ada.md", found, Vocabulary(), {"ada": "../ada"})
    with pytest.raises(PersonaError, match="Two of the personas"):
        plan_import(library, "ada.md", found * 2, Vocabulary())


def test_a_chunk_is_what_it_was(library: PersonaLibrary) -> None:
    card = Card("chara_card_v3", {"name": "Ünï 🦊", "x": [None, 1.5]})
    assert decode_chunk(encode_chunk(card)) == card


_json = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(max_size=20),
        st.just("\ud800 half {{char}}"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
_entries = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("keys", "content", "name", "comment", "enabled", "extensions", "id"), _json
    ),
)
_data = st.fixed_dictionaries(
    {"name": st.text(max_size=20)},
    optional={
        **dict.fromkeys([field for field in V3["data"] if field != "name"], _json),
        "description": st.text(max_size=60),
        "extensions": st.dictionaries(
            st.sampled_from(["speakdesk", "other"]),
            st.one_of(_json, st.fixed_dictionaries({"readme": st.text(max_size=60), "key": _json})),
            max_size=2,
        ),
        "character_book": st.fixed_dictionaries(
            {"entries": st.one_of(_json, st.lists(st.one_of(_json, _entries), max_size=4))}
        ),
        "assets": st.lists(
            st.fixed_dictionaries({}, optional=dict.fromkeys(("type", "uri", "name"), _json)),
            max_size=3,
        ),
    },
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_data, st.sampled_from(["chara_card_v2", "chara_card_v3", None]))
def test_whatever_stands_in_a_card_is_taken_in_and_given_out_or_refused(
    tmp_path: Path, data: dict[str, Any], spec: str | None
) -> None:
    shutil.rmtree(tmp_path / "user", ignore_errors=True)
    library = PersonaLibrary(None, tmp_path / "user")
    library.load()
    try:
        found = read_bytes(as_json({"spec": spec, "data": data}), "card.json")
    except PersonaError:
        return
    [key] = taken_in(library, PersonaTrash(tmp_path / "trash"), found)
    persona = library.get(key)
    again = read_bytes(export(persona, Form.CHARX).content, "card.charx")[0]
    assert again.files["README.md"] == persona.source.encode()
    assert again.key == persona.key
