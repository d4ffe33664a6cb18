{#
  What a source published in a row, as a bigint that is the same in every engine and version.

  Every published column takes part in its place, nulls too, so that (null, 1) and (1, null) differ. Whole numbers cost
  less than formatted text and are the same everywhere: times count as microseconds, fractions as ten-thousandths,
  degrees as hundred-millionths. The columns' names beside their values would double the cost.
#}
{% macro row_hash(source, texts=[], integers=[], fractions=[], degrees=[], times=[]) -%}
    {%- set parts = [source] -%}
    {%- for column in texts + integers + fractions + degrees + times -%}
        {%- set value = adapter.quote(column) -%}
        {%- if column in fractions -%} {%- set value = 'cast(round(' ~ value ~ ' * 10000) as bigint)' -%}
        {%- elif column in degrees -%} {%- set value = 'cast(round(' ~ value ~ ' * 100000000) as bigint)' -%}
        {%- elif column in times -%} {%- set value = epoch_microseconds(value) -%}
        {%- endif -%}
        {%- do parts.append('coalesce(cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ '), chr(30))') -%}
    {%- endfor -%}
    {{ stable_hash("concat_ws(chr(31), " ~ parts | join(", ") ~ ")") }}
{%- endmacro %}
