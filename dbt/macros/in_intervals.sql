{# Whether a number or a time is in one of several half-open intervals, [[from, to], ...]. #}
{% macro in_intervals(column, intervals) -%}
    (
        {%- for from, to in intervals -%}
        ({{ column }} >= {{ from }} and {{ column }} < {{ to }}){{ ' or ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}
