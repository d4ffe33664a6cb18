{#
  A hash of the content of a published row, as a bigint that is the same in every engine and
  version.

  It includes every published column at its position, nulls too, so that (null, 1) and (1, null)
  differ. Whole numbers cost less than formatted text and are the same everywhere. Adding the names
  of the columns would double the cost.
#}
{% macro row_hash(source) -%}
    {%- set parts = [source] -%}
    {%- for value in hashable_values(**kwargs) -%}
        {%- do parts.append(
            'coalesce(cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ '), chr(30))'
        ) -%}
    {%- endfor -%}
    {{ stable_hash("concat(" ~ parts | join(", chr(31), ") ~ ")") }}
{%- endmacro %}
