{#
  Columns of a published row as text, times and whole numbers, in the order given: what its hash and its fingerprint are
  made of. Fractions count as ten-thousandths, degrees as hundred-millionths, so that what differs by noise is the same.
#}
{% macro hashable_values(texts=[], integers=[], fractions=[], degrees=[], times=[]) -%}
    {%- set values = [] -%}
    {%- for column in texts + integers + fractions + degrees + times -%}
        {%- set value = adapter.quote(column) -%}
        {%- if column in fractions -%} {%- set value = to_number('round(' ~ value ~ ' * 10000)', 'bigint') -%}
        {%- elif column in degrees -%} {%- set value = to_number('round(' ~ value ~ ' * 100000000)', 'bigint') -%}
        {%- elif column in times -%} {%- set value = epoch_microseconds(value) -%}
        {%- endif -%}
        {%- do values.append(value) -%}
    {%- endfor -%}
    {{ return(values) }}
{%- endmacro %}
