{#
  Tells rows of other content apart within one run: the columns of row_hash, at a thirtieth of its cost (3.6 million rows: 0.1 s, not 3).
  Never to be stored: the engine's hash may change with its version.
#}
{% macro row_fingerprint(texts=[], integers=[], fractions=[], degrees=[], times=[]) -%}
    {%- set columns = [] -%}
    {%- for column in texts + integers + fractions + degrees + times -%}
        {%- do columns.append(adapter.quote(column)) -%}
    {%- endfor -%}
    {{ return(adapter.dispatch('row_fingerprint')(columns)) }}
{%- endmacro %}

{% macro duckdb__row_fingerprint(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}
