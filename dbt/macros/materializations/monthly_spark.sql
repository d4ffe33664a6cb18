{#
  monthly for Spark: a table of Parquet files with a partition for each source_month.

  The partitions of the months are dropped before they are written: to overwrite partitions keeps
  those of months that come back empty. They are overwritten all the same, as a run that was killed
  may have left files that the catalogue does not know. This is not atomic: readers use the
  published files, and the next run builds the months again.

  Rows of hours are in the partitions of neighbouring months as well. These partitions are written
  anew, with the rows that they keep. As a table cannot lose a partition that is being read, their
  new content is first written to a table of its own.
#}
{% materialization monthly, adapter='spark' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set reach = config.get('meta', {}).get('reach') -%}
    {%- set before = 1 if reach == 'hours' else 0 -%}
    {%- set after = 1 if reach in ('hours', 'month_after') else 0 -%}
    {%- set months = months_to_build(before, after) -%}

    {{ run_hooks(pre_hooks) }}

    {% do get_assert_columns_equivalent(sql) %}
    {%- set is_replaced = should_full_refresh() or not months or not existing_relation.is_table -%}
    {% if existing_relation is not none and is_replaced %}
        {% do adapter.drop_relation(existing_relation) %}
        {% set existing_relation = none %}
    {% elif existing_relation is not none %}
        {% do assert_same_columns(existing_relation) %}
    {% elif months and not should_full_refresh() %}
        {% do raise_rebuild_needed(this ~ ' does not exist') %}
    {% endif %}

    {% if existing_relation is none %}
        {% call statement('main') %}
            {{ create_monthly_table(target_relation, get_select_subquery(sql)) }}
        {% endcall %}
    {% elif reach == 'hours' %}
        {%- set columns = stored_columns() | join(', ') -%}
        {%- set new_relation = make_intermediate_relation(target_relation) -%}
        {%- set new_rows -%}
            {{ get_select_subquery(sql) }}
            union all
            select {{ columns }} from {{ target_relation }}
            where {{ in_months('source_month', before, after) }} and not {{ replaced_rows(reach) }}
        {%- endset -%}
        {% do drop_relation_if_exists(new_relation) %}
        {% do run_query(create_monthly_table(new_relation, new_rows)) %}
        {% do drop_months(target_relation, months) %}
        {% call statement('main') %}
            insert overwrite {{ target_relation }} partition (source_month)
            select {{ columns }} from {{ new_relation }}
        {% endcall %}
        {% do drop_relation_if_exists(new_relation) %}
    {% else %}
        {% do drop_months(target_relation, months) %}
        {% call statement('main') %}
            insert overwrite {{ target_relation }} partition (source_month)
            {{ in_few_files(get_select_subquery(sql)) }}
        {% endcall %}
    {% endif %}

    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
