{#
  A floating-point number rounded to some decimals. Spark's own round with decimals goes by the
  decimal digits of the number, DuckDB's by its product with a power of 10.
#}
{% macro round_to(value, decimals) -%}
    {{ return(adapter.dispatch('round_to')(value, decimals)) }}
{%- endmacro %}

{% macro duckdb__round_to(value, decimals) -%}
    round({{ value }}, {{ decimals }})
{%- endmacro %}

{% macro spark__round_to(value, decimals) -%}
    round({{ value }} * 1e{{ decimals }}) / 1e{{ decimals }}
{%- endmacro %}
