{# A condition on the times at which the trips of the months that this run replaces may have begun: in the month or at its edges. #}
{% macro in_hours_of_months(column) -%}
    {%- set days = modules.datetime.timedelta(days=var('days_outside_file_month')) -%}
    {%- set months = months_to_build() -%}
    {%- if not months -%} true
    {%- else -%}
    ({% for text in months %}
        {%- set month = modules.datetime.date.fromisoformat(text) -%}
        ({{ column }} >= cast('{{ month - days }}' as timestamp) and {{ column }} < cast('{{ add_months(month, 1) + days }}' as timestamp))
        {{- ' or ' if not loop.last }}
    {%- endfor %})
    {%- endif -%}
{%- endmacro %}
