{#
  A published time of a drop-off; null for 1970-01-01 or 1900-01-01, which programs write for a time
  that is unknown.
#}
{% macro dropoff_time(column) -%}
    case when {{ column }} >= cast('2000-01-01' as timestamp) then {{ column }} end
{%- endmacro %}
