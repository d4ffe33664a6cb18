{#
  New York local time converted to UTC. A time that the clocks skip in spring is taken as standard
  time (02:30 is 07:30 UTC). A time that they repeat in autumn is the first of the two; DuckDB's own
  conversion takes the second.
#}
{% macro from_new_york(local_timestamp) -%}
    {{ return(adapter.dispatch('from_new_york')(local_timestamp)) }}
{%- endmacro %}

{% macro duckdb__from_new_york(local_timestamp) -%}
    {%- set utc -%}
    timezone('UTC', timezone('America/New_York', {{ local_timestamp }}))
    {%- endset -%}
    case
        when {{ to_new_york(utc ~ " - interval 1 hour") }} = {{ local_timestamp }}
            then {{ utc }} - interval 1 hour
        else {{ utc }}
    end
{%- endmacro %}

{# convert_timezone takes the time and the hour as described above. #}
{% macro spark__from_new_york(local_timestamp) -%}
    convert_timezone('America/New_York', 'UTC', {{ local_timestamp }})
{%- endmacro %}
