{# Minutes from one time to another, with fractions. dbt's datediff counts boundaries crossed. #}
{% macro minutes_between(earlier, later) -%}
    ({{ epoch_microseconds(later) }} - {{ epoch_microseconds(earlier) }}) / 60000000.0
{%- endmacro %}
