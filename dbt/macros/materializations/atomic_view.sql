{#
  A view that is replaced by one statement, whole or not at all.

  The built-in view creates another view beside the old one and swaps their names: five statements
  for each of the project's views. With this one, a build of one month takes 7% less processor time
  (8.6 instead of 9.2 s, the least of 8 runs each, dbt 1.11.16, 2026-11).
#}
{% materialization atomic_view, default %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set existing_relation = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if config.get('contract').enforced %}
        {% do get_assert_columns_equivalent(sql) %}
    {% endif %}
    {% if existing_relation is not none and not existing_relation.is_view %}
        {% do adapter.drop_relation(existing_relation) %}
    {% endif %}

    {% call statement('main') %}
        create or replace view {{ target_relation }} as {{ sql }}
    {% endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
