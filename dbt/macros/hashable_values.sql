{#
  Expressions for the columns of a published row as text, timestamps in microseconds and whole
  numbers, in the given order: the input of row_hash and row_fingerprint. Fractions are rounded to
  ten-thousandths and degrees to hundred-millionths, so that floating-point noise makes no
  difference.
#}
{% macro hashable_values(texts=[], integers=[], fractions=[], degrees=[], times=[]) -%}
    {%- set values = [] -%}
    {%- for column in texts + integers + fractions + degrees + times -%}
        {%- set value = adapter.quote(column) -%}
        {%- if column in fractions -%}
            {%- set value = to_number('round(' ~ value ~ ' * 10000)', 'bigint') -%}
        {%- elif column in degrees -%}
            {%- set value = to_number('round(' ~ value ~ ' * 100000000)', 'bigint') -%}
        {%- elif column in times -%}
            {%- set value = epoch_microseconds(value) -%}
        {%- endif -%}
        {%- do values.append(value) -%}
    {%- endfor -%}
    {{ return(values) }}
{%- endmacro %}
