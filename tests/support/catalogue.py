"""What a database's catalogue says of our schema, as lines of text: two databases of one schema say the same."""

from typing import Final, LiteralString

import psycopg

_QUERIES: Final[dict[str, LiteralString]] = {
    "tables": """
        select concat_ws(' ', c.oid::regclass, c.relkind, c.reloptions, c.relrowsecurity, c.relforcerowsecurity,
            c.relreplident, pg_get_partkeydef(c.oid), i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid),
            obj_description(c.oid, 'pg_class'))
        from pg_class c left join pg_inherits i on i.inhrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'S', 'v', 'm')
    """,
    "columns": """
        select concat_ws(' ', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            a.attidentity, a.attgenerated, a.attstorage, a.attcompression, pg_get_expr(d.adbin, d.adrelid),
            col_description(c.oid, a.attnum))
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    """,
    "indexes": """
        select concat_ws(' ', pg_get_indexdef(x.indexrelid), x.indisvalid, i.inhparent::regclass)
        from pg_index x
        join pg_class c on c.oid = x.indrelid
        left join pg_inherits i on i.inhrelid = x.indexrelid
        where c.relnamespace = 'public'::regnamespace
    """,
    "constraints": """
        select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
        from pg_constraint where connamespace = 'public'::regnamespace
    """,
    "policies": """
        select concat_ws(' ', tablename, policyname, permissive, roles, cmd, qual, with_check)
        from pg_policies where schemaname = 'public'
    """,
    "functions": """
        select concat_ws(' ', pg_get_functiondef(oid), obj_description(oid, 'pg_proc'))
        from pg_proc where pronamespace = 'public'::regnamespace
    """,
    "triggers": """
        select concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
    """,
    "grants on tables": """
        select concat_ws(' ', c.oid::regclass, g.grantee::regrole, g.privilege_type, g.is_grantable)
        from pg_class c, aclexplode(c.relacl) g
        where c.relnamespace = 'public'::regnamespace and g.grantee <> c.relowner
    """,
    "grants on columns": """
        select concat_ws(' ', c.oid::regclass, a.attname, g.grantee::regrole, g.privilege_type, g.is_grantable)
        from pg_class c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) g
        where c.relnamespace = 'public'::regnamespace and g.grantee <> c.relowner
    """,
    "grants on functions": """
        select concat_ws(' ', p.oid::regprocedure, g.grantee, g.privilege_type)
        from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
        where p.pronamespace = 'public'::regnamespace and g.grantee <> p.proowner
    """,
    "migrations": "select name from schema_migrations",
}


def catalogue(dsn: str) -> dict[str, list[str]]:
    """By kind of object, one line for each, sorted; the order of columns is left out, as nothing of ours relies on it."""
    with psycopg.connect(dsn) as connection:
        return {kind: sorted(line for (line,) in connection.execute(query)) for kind, query in _QUERIES.items()}
