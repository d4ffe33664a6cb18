{#
  What a source published in a row, as a bigint that is the same in every engine and version.

  Every published column takes part in its place, nulls too, so that (null, 1) and (1, null) differ. Whole numbers cost
  less than formatted text and are the same everywhere. The columns' names beside their values would double the cost.
#}
{% macro row_hash(source) -%}
    {%- set parts = [source] -%}
    {%- for value in hashable_values(**kwargs) -%}
        {%- do parts.append('coalesce(cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ '), chr(30))') -%}
    {%- endfor -%}
    {{ stable_hash("concat_ws(chr(31), " ~ parts | join(", ") ~ ")") }}
{%- endmacro %}
