{#
  A published number as another type, null if it has no value there (NaN, infinite). One such value
  in a file must not fail its month.
#}
{% macro to_number(value, type) -%}
    {{ return(adapter.dispatch('to_number')(value, type)) }}
{%- endmacro %}

{# Not dbt.safe_cast, which dbt-duckdb 1.11.1 renders as a plain cast. #}
{% macro duckdb__to_number(value, type) -%}
    try_cast({{ value }} as {{ type }})
{%- endmacro %}

{#
  Rounded as DuckDB rounds: to the next decimal, and where two are equally near, away from 0; to the
  next whole number, and where two are equally near, to the even one. Spark's own casts go by the
  decimal digits of a floating-point number, and cut off fractions: it makes 1.01 of 1.005, which is
  a little less, where DuckDB makes 1.00 (pyspark 4.3, 2026-11).
#}
{% macro spark__to_number(value, type) -%}
    {%- set scale = modules.re.match('decimal *[(] *[0-9]+ *, *([0-9]+) *[)]', type) -%}
    {%- if scale -%}
        {%- set digits = scale[1] | int -%}
        try_cast(
            try_cast(round(({{ value }}) * 1{{ '0' * digits }}) as bigint)
            * 0.{{ '0' * (digits - 1) }}1 as {{ type }}
        )
    {%- else -%}
        try_cast(rint({{ value }}) as {{ type }})
    {%- endif -%}
{%- endmacro %}
