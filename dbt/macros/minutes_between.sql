{# Minutes from one time to another, with their fraction; dbt's datediff counts the boundaries crossed. #}
{% macro minutes_between(earlier, later) -%}
    ({{ epoch_microseconds(later) }} - {{ epoch_microseconds(earlier) }}) / 60000000.0
{%- endmacro %}
