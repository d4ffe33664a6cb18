{#
  The UTC of a New York wall clock. An hour that the clocks skip in spring counts by standard time (02:30 is 07:30), an
  hour that they repeat in autumn counts as the first of the two; DuckDB itself takes the second.
#}
{% macro from_new_york(local_timestamp) -%}
    {{ return(adapter.dispatch('from_new_york')(local_timestamp)) }}
{%- endmacro %}

{% macro duckdb__from_new_york(local_timestamp) -%}
    {%- set utc = "timezone('UTC', timezone('America/New_York', " ~ local_timestamp ~ "))" -%}
    case
        when {{ to_new_york(utc ~ " - interval 1 hour") }} = {{ local_timestamp }} then {{ utc }} - interval 1 hour
        else {{ utc }}
    end
{%- endmacro %}
