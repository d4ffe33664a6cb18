{#
  The months that this run replaces, as ISO dates of their first days, and some months before and
  after each. An empty list means everything that is loaded.

  The months are in the environment variable MOBILITY_MONTHS, comma separated, and not in a var: dbt
  parses the whole project again if --vars differ from those of the last run (2.7 of 10 s, dbt
  1.11.16).
#}
{% macro months_to_build(before=0, after=0) %}
    {%- set listed = env_var('MOBILITY_MONTHS', '') if execute else '' -%}
    {%- set months = [] -%}
    {%- for text in listed.split(',') if listed -%}
        {%- set month = modules.datetime.date.fromisoformat(text) -%}
        {%- for distance in range(-before, after + 1) -%}
            {%- do months.append(add_months(month, distance) | string) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(months | unique | sort) }}
{% endmacro %}
