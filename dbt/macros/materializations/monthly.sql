{#
  A table that is replaced month by month, by the column source_month.

  The model selects the rows of the months to build (see replaced_rows). They replace the rows that
  the table has of these months, in one transaction and without an intermediate copy. dbt's
  delete+insert keeps the old rows of a month that comes back empty, and writes everything twice.

  The table is created by --full-refresh, or by a run of all months. A run of some months raises
  MOBILITY-REBUILD if there is no table: a new one would lack the other months.
#}
{% materialization monthly, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% do get_assert_columns_equivalent(sql) %}
    {%- set reach = config.get('meta', {}).get('reach') -%}
    {%- set is_new = existing_relation is none or not existing_relation.is_table -%}
    {% if is_new and months_to_build() and not should_full_refresh() %}
        {% do raise_rebuild_needed(this ~ ' does not exist') %}
    {% elif existing_relation is not none and (is_new or should_full_refresh()) %}
        {% do adapter.drop_relation(existing_relation) %}
        {% set existing_relation = none %}
    {% elif existing_relation is not none %}
        {% do assert_same_columns(existing_relation) %}
    {% endif %}

    {%- set columns = inserted_columns(existing_relation) | join(', ') %}

    {% call statement('main') %}
        {% if existing_relation is none %}
            create table {{ target_relation }} {{ column_definitions() }};
        {% else %}
            delete from {{ target_relation }} where {{ replaced_rows(reach) }};
        {% endif %}
        insert into {{ target_relation }} ({{ columns }})
        select {{ columns }} from ({{ sql }}) as months;
    {% endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
