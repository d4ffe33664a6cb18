{#
  Spark: the rows of a query, those of a month together. Otherwise each task of the query would
  write a file for each month. Spark divides months of many rows among several files.
#}
{% macro in_few_files(sql) -%}
    select /*+ rebalance(source_month) */ * from ({{ sql }}) as of_months
{%- endmacro %}
