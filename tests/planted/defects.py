"""Mistakes that somebody could make, each with the test that must find it and the words in which it does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """A change of the program, or of the database behind it. `edits` are file, old text (once in the file), new text."""

    name: str
    test: str
    reason: str
    edits: tuple[tuple[str, str, str], ...] = ()
    orders: tuple[str, ...] = ()
    # With a browser, or much like another: not in every run of the suite, but with `python -m tests.planted`.
    slow: bool = False


GUARD, PAGES = "app/accounts/guard/__init__.py", "app/web/pages.py"
MATRIX = "tests/authority/test_matrix.py::test_the_whole_matrix"
LINT = "tests/authority/test_lint.py::test_nothing_is_left_unguarded"
LOCKS, PUBLIC, POOL = (
    "tests/authority/test_locks.py",
    "tests/authority/test_public_role.py",
    "tests/authority/test_pool.py",
)
DEFECTS = (
    # --- scope
    Defect(
        "a request sees every area", f"{MATRIX}[workbench.state]", r"as planner about 329903001001: 200",
        ((GUARD, "db.act_in(db.scope_of(account.areas(*mark)))", "db.act_in(db.EVERYWHERE)"),),
    ),
    Defect(
        "a query without its filter", "tests/zones/test_actions.py::test_buildings_of_another_community_are_counted_and_left_alone",
        r"outside",
        (("app/zones/queries/buildings.py", "WHERE b.area_code = :area AND b.during @> CAST(:on AS date)\"\"\"\n        ),\n"
          "        {\"plan\": plan_id, \"area\": area_code, \"ids\"",
          "WHERE b.during @> CAST(:on AS date)\"\"\"\n        ),\n        {\"plan\": plan_id, \"area\": area_code, \"ids\""),), slow=True,
    ),
    Defect(
        "a question about everybody's plans",
        "tests/authority/test_first_lock.py::test_without_policies_nobody_reaches_more[workbench.outlines]",
        r"as planner about 329903001001: 200",
        (("app/zones/queries/plans.py", 'WHERE p.id = %(plan)s AND {in_scope("p.area_code")}', "WHERE p.id = %(plan)s"),),
    ),
    Defect(
        "a community's scope is its street", f"{LOCKS}::test_scopes_of_codes", r"assert \(",
        (("app/codes.py", "[:digits]\n    return code", "[:digits]\n    return code[:9]"),),
    ),
    Defect(
        "the scope outlives its transaction", f"{POOL}::test_no_turn_leaves_a_scope_on_its_connection[writes]", r"329902001001%",
        (("app/db.py", "SET_SCOPE = \"SELECT set_config('wardmap.scope', %s, true)\"",
          "SET_SCOPE = \"SELECT set_config('wardmap.scope', %s, false)\""),
         ("app/db.py", "SET_SCOPE_AND_ACTOR = \"SELECT set_config('wardmap.scope', %s, true)",
          "SET_SCOPE_AND_ACTOR = \"SELECT set_config('wardmap.scope', %s, false)")),
    ),
    # --- policies and rights
    Defect("a policy is dropped", LINT, r"command_without_policy", orders=("DROP POLICY building_see ON building",)),
    Defect(
        "a policy lets everybody see", f"{LOCKS}::test_direct_sql_stays_within_its_scope[building-street]", r"assert False|assert all",
        orders=("ALTER POLICY building_see ON building USING (true)",),
    ),
    Defect(
        "a policy without its WITH CHECK", f"{LOCKS}::test_no_row_is_put_into_another_area", r"DID NOT RAISE",
        orders=("ALTER POLICY plan_add ON plan WITH CHECK (true)",),
    ),
    Defect("policies spare the owner", LINT, r"not_for_the_owner", orders=("ALTER TABLE zone NO FORCE ROW LEVEL SECURITY",), slow=True),
    Defect("the web role owns a table", LINT, r"owned_by_a_web_role", orders=("ALTER TABLE plan OWNER TO wardmap_web",), slow=True),
    Defect(
        "the public role may read a table", f"{PUBLIC}::test_direct_sql_is_refused_on_every_table_for_every_command[everywhere]",
        r"select building", orders=("GRANT SELECT ON building TO wardmap_public",),
    ),
    Defect(
        "a public view tells more than names", f"{PUBLIC}::test_communities_are_listed_for_everybody_and_kept_by_caches", r"机密",
        orders=(
            "CREATE OR REPLACE VIEW open_area WITH (security_barrier) AS SELECT a.code, a.level, a.parent_code,"
            " (v.name || (SELECT string_agg(b.address, ' ') FROM building b WHERE b.area_code = a.code))::varchar(100) AS name,"
            " ST_SimplifyPreserveTopology(v.boundary, 0.0002) AS outline"
            " FROM area a JOIN area_version v ON v.area_code = a.code AND v.during @> current_date",
        ), slow=True,
    ),
    Defect(
        "a public page asks as the web role", f"{PUBLIC}::test_communities_are_listed_for_everybody_and_kept_by_caches", r"500 == 200",
        (("app/ground/routes/open_ground.py", "with db.public_reading() as session", "with db.reading() as session"),),
    ),
    Defect(
        "an index that policies keep from being used", "tests/authority/test_indexes.py::test_a_search_uses_its_spatial_index",
        r"building_shape_3857_ix", orders=("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF",),
    ),
    Defect(
        "a planner that knows nothing of dates", "tests/authority/test_indexes.py::test_the_planner_knows_that_rows_of_today_are_many",
        r"max\(expected\)", orders=("ALTER FUNCTION daterange_subdiff(date, date) NOT LEAKPROOF",), slow=True,
    ),
    # --- the edge
    Defect(
        "a view without its mark", "tests/authority/test_matrix.py::test_every_address_is_in_the_matrix", r"town\.building",
        (("app/ground/routes/town.py", '@town.get("/ground/buildings/<int:building_id>")\n@allow(*LOOKS)\n',
          '@town.get("/ground/buildings/<int:building_id>")\n'),),
    ),
    Defect(
        "a foreign id answers 403", f"{MATRIX}[workbench.state]", r"as planner about 329903001001: 403",
        (("app/zones/queries/plans.py", "def plan_unknown() -> NotFound:", "def plan_unknown():"),
         ("app/zones/queries/plans.py", "return NotFound(\"plan_unknown\"",
          "from app.errors import NotAllowed\n\n    return NotAllowed(\"plan_unknown\""),), slow=True,
    ),
    Defect(
        "a refusal that names what it hides", f"{MATRIX}[town.building]", r"does not answer like what is missing",
        (("app/ground/queries/buildings.py", 'raise NotFound("building_unknown", N_("没有这栋楼，可能已被撤销导入。"))',
          'raise NotFound("building_unknown", N_("没有这栋楼，可能已被撤销导入。") + "！" * (building_id % 5))'),), slow=True,
    ),
    Defect(
        "an ETag that others share", "tests/authority/test_moved_ids.py::test_an_answer_that_others_have_kept_is_not_confirmed[planner]",
        r"304 == 200", ((PAGES, "{etag}-{db.scope_key()}{code_version()}", "{etag}-{code_version()}"),), slow=True,
    ),
    Defect(
        "a GET that writes", f"{MATRIX}[town.search]", r"town\.search as .*: 500",
        (("app/ground/routes/town.py", "with db.reading() as session:\n        places",
          "with db.transaction() as session:\n        places"),),
    ),
    Defect(
        "a disabled account's browser goes on", f"{MATRIX}[town.show]", r"as disabled about nothing: 200",
        (("app/accounts/actions/logins.py", "    end_sessions(session, account_id)\n    forget_devices", "    forget_devices"),
         ("app/accounts/guard/sessions.py", "a.id = s.account_id AND a.disabled_at IS NULL", "a.id = s.account_id"),), slow=True,
    ),
    Defect(
        "an ended grant still opens", f"{MATRIX}[town.show]", r"as ended about nothing: 200",
        (("app/accounts/guard/sessions.py", "WHERE g.account_id = {account} AND g.during @> now()",
          "WHERE g.account_id = {account}"),), slow=True,
    ),
    Defect(
        "tokens are kept as they are", "tests/accounts/test_sessions.py::test_only_hashes_of_tokens_are_kept", r"not in words|assert ",
        (("app/accounts/rules/keys.py", "return hashlib.sha256(token.encode(errors=\"surrogatepass\")).digest()",
          "return token.encode()"),), slow=True,
    ),
    Defect(
        "a login that cannot be forgotten", "tests/authority/test_journal.py::test_secrets_are_never_kept", r"account",
        (("app/migrations/journalling.py", 'hidden=("login", "password_hash"', 'hidden=("password_hash"'),),
    ),
    # --- what a browser is given
    Defect(
        "a nonce by regex", "tests/test_house.py::test_a_nonce_is_given_where_a_script_is_made", r"app/web/headers\.py",
        (("app/web/headers.py", '    """The content policy of this answer."""',
          '    """The content policy of this answer."""\n    str("").replace("<script", "<script nonce=x")'),),
    ),
    Defect(
        "a text that can close its script", "tests/maps/test_figure.py::test_text_in_json_cannot_close_its_element", r"</script|assert ",
        (("app/maps/safe_json.py", '    "<": "\\\\u003c",\n', ""),), slow=True,
    ),
    Defect(
        "a property written as markup", "tests/test_house.py::test_scripts_never_write_markup", r"town\.js",
        (("app/web/static/ground/town.js", "const { on, legends }",
          "document.body.insertAdjacentHTML('beforeend', '');\nconst { on, legends }"),), slow=True,
    ),
    Defect(
        "a text that a real browser runs", "tests/maps/test_injection.py::test_file_shows_hostile_texts_and_runs_none", r"assert|Error",
        (("app/maps/safe_json.py", "        text = text.replace(character, escape)\n", "        continue\n"),), slow=True,
    ),
)  # fmt: skip
