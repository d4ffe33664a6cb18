{# A day as the integer YYYYMMDD. #}
{% macro date_key(day) -%}
    cast(
        extract(year from {{ day }}) * 10000
        + extract(month from {{ day }}) * 100
        + extract(day from {{ day }}) as integer
    )
{%- endmacro %}
