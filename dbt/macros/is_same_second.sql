{# Whether two times differ by at most one second: one of two files may omit the milliseconds. #}
{% macro is_same_second(later, earlier) -%}
    {{ later }} between {{ dbt.dateadd('second', -1, earlier) }}
    and {{ dbt.dateadd('second', 1, earlier) }}
{%- endmacro %}
